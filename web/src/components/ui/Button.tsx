/** Buttons: with words, with an icon alone, and the round one that floats on phones. */
import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentProps, MouseEvent } from "react";
import { cn } from "@/lib/cn";
import { type ButtonStyle, buttonStyle } from "./button-style";
import { Tooltip } from "./Tooltip";

type Common = Omit<ComponentProps<"button">, "disabled"> & {
  /** Shows that the action is under way; a second click does nothing. */
  busy?: boolean;
  /** Why the button cannot be used now: it stays reachable and says so. */
  disabledReason?: string | undefined;
};

type ButtonProps = Common & ButtonStyle & { icon?: LucideIcon; disabled?: boolean };

function swallow(event: MouseEvent): void {
  event.preventDefault();
  event.stopPropagation();
}

export function Button({
  busy = false,
  disabledReason,
  disabled,
  icon: Icon,
  look,
  size,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const idle = !busy && disabledReason === undefined;
  const button = (
    <button
      type="button"
      {...rest}
      disabled={disabled}
      aria-busy={busy || undefined}
      aria-disabled={idle ? undefined : true}
      onClick={idle ? onClick : swallow}
      className={cn(buttonStyle({ look, size }), className)}
    >
      {busy ? (
        <LoaderCircle size={16} aria-hidden className="animate-spin" />
      ) : (
        Icon && <Icon size={16} aria-hidden />
      )}
      {children}
    </button>
  );
  return disabledReason === undefined ? button : <Tooltip text={disabledReason}>{button}</Tooltip>;
}

type IconButtonProps = Common & {
  /** What it does, in words: the accessible name and the tooltip. */
  label: string;
  icon: LucideIcon;
  look?: ButtonStyle["look"];
  size?: "icon" | "iconSm";
  disabled?: boolean;
};

export function IconButton({
  label,
  icon: Icon,
  look = "quiet",
  size = "icon",
  busy = false,
  disabledReason,
  className,
  onClick,
  ...rest
}: IconButtonProps) {
  const idle = !busy && disabledReason === undefined;
  return (
    <Tooltip text={disabledReason ?? label}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        aria-busy={busy || undefined}
        aria-disabled={idle ? undefined : true}
        onClick={idle ? onClick : swallow}
        className={cn(buttonStyle({ look, size }), className)}
      >
        {busy ? (
          <LoaderCircle size={16} aria-hidden className="animate-spin" />
        ) : (
          <Icon size={16} aria-hidden />
        )}
      </button>
    </Tooltip>
  );
}
