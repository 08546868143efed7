/** Links: in running text, and ones that look like a button. */
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { type ButtonStyle, buttonStyle } from "./button-style";

function Anchor({ className, ...rest }: ComponentProps<"a">) {
  return (
    <a
      {...rest}
      className={cn("rounded-sm text-link underline-offset-2 hover:underline", className)}
    />
  );
}

const CreatedLink = createLink(Anchor);
/** A link to a route of the product. */
export const Link: LinkComponent<typeof Anchor> = (props) => (
  <CreatedLink preload="intent" {...props} />
);

type ButtonAnchorProps = ComponentProps<"a"> & ButtonStyle & { icon?: LucideIcon };

function ButtonAnchor({ look, size, icon: Icon, className, children, ...rest }: ButtonAnchorProps) {
  return (
    <a {...rest} className={cn(buttonStyle({ look, size }), className)}>
      {Icon && <Icon size={16} aria-hidden />}
      {children}
    </a>
  );
}

const CreatedButtonLink = createLink(ButtonAnchor);
/** A link that looks like a button. */
export const ButtonLink: LinkComponent<typeof ButtonAnchor> = (props) => (
  <CreatedButtonLink preload="intent" {...props} />
);

/** A link to another site: opens a tab of its own, which learns nothing of this one. */
export const ExternalLink = ({ href, ...rest }: ComponentProps<"a"> & { href: string }) => (
  <Anchor {...rest} href={href} target="_blank" rel="noopener noreferrer" />
);
