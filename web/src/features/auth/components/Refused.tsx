/** Why one was not let in; read out as soon as it changes. */
import { CircleAlert } from "lucide-react";

export const Refused = ({ text }: { text: string | undefined }) => (
  <div role="alert">
    {text !== undefined && (
      <p className="tint-failed flex items-start gap-2.5 rounded-control px-3 py-2.5">
        <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-failed" />
        <span className="numeric min-w-0 [overflow-wrap:anywhere]">{text}</span>
      </p>
    )}
  </div>
);
