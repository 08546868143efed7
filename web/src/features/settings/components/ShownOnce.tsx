/** A secret text, readable this once. */
import type { ReactNode } from "react";
import { Copy } from "@/components/ui/Copy";
import { Banner } from "@/components/ui/feedback";

type ShownOnceProps = {
  text: string;
  /** What it is, for the button that copies it. */
  what: string;
  /** That it is not shown again. */
  warning: string;
  children: ReactNode;
};

export const ShownOnce = ({ text, what, warning, children }: ShownOnceProps) => (
  <div className="flex flex-col gap-4">
    <Banner tone="warn">{warning}</Banner>
    <div className="flex items-center gap-2 rounded-control border border-control bg-raised py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 font-mono text-sm break-all select-all">{text}</code>
      <Copy text={text} what={what} />
    </div>
    <p className="text-muted">{children}</p>
  </div>
);
