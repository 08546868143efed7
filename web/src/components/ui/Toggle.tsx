/** A switch for what takes effect at once, and a box for what is sent with a form. */
import { Check, Minus } from "lucide-react";
import { type ReactNode, useId } from "react";
import { cn } from "@/lib/cn";
import { useField } from "./Field";
import { Tooltip } from "./Tooltip";

type SwitchProps = {
  checked: boolean;
  onChange(checked: boolean): void;
  label: string;
  /** Hides the label from the eye, not from a screen reader. */
  bare?: boolean;
  hint?: string;
  disabled?: boolean;
  /** Why it cannot be used now: it stays reachable and says so. */
  disabledReason?: string | undefined;
};

export function Switch(props: SwitchProps) {
  const { checked, onChange, label, bare = false, hint, disabled, disabledReason } = props;
  const id = useId();
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  const locked = disabledReason !== undefined;
  const control = (
    <button
      type="button"
      role="switch"
      id={id}
      aria-checked={checked}
      onClick={() => !locked && onChange(!checked)}
      disabled={disabled}
      aria-disabled={locked || undefined}
      aria-label={bare ? label : undefined}
      aria-describedby={locked ? `${id}-reason` : hintId}
      className="group relative h-5 w-9 shrink-0 rounded-full border border-control bg-raised transition-colors before:absolute before:-inset-x-1 before:-inset-y-3 disabled:opacity-50 aria-disabled:opacity-50 aria-checked:border-brand aria-checked:bg-brand"
    >
      <span className="block size-3.5 translate-x-0.5 rounded-full bg-muted transition-transform group-aria-checked:translate-x-4.5 group-aria-checked:bg-white" />
    </button>
  );
  return (
    <span className={cn("flex items-center gap-3", !bare && "min-h-9 pointer-coarse:min-h-11")}>
      {locked ? <Tooltip text={disabledReason}>{control}</Tooltip> : control}
      {locked && (
        <span id={`${id}-reason`} className="sr-only">
          {disabledReason}
        </span>
      )}
      {!bare && (
        <span className="min-w-0">
          <label htmlFor={id} className="block">
            {label}
          </label>
          {hint && (
            <span id={hintId} className="block text-sm text-muted">
              {hint}
            </span>
          )}
        </span>
      )}
    </span>
  );
}

type CheckboxProps = {
  checked: boolean | "indeterminate";
  /** `shift`: whether that key was down. */
  onChange(checked: boolean, shift: boolean): void;
  /** The accessible name; with `children` it is their text. */
  label?: string;
  children?: ReactNode;
  disabled?: boolean;
};

export function Checkbox({ checked, onChange, label, children, disabled }: CheckboxProps) {
  const made = useId();
  const field = useField({ id: made });
  const id = field.id ?? made;
  const Mark = checked === "indeterminate" ? Minus : Check;
  return (
    <span className="inline-flex items-center gap-2.5">
      {/* biome-ignore lint/a11y/useSemanticElements: an input draws no mark of ours */}
      <button
        type="button"
        role="checkbox"
        {...field}
        id={id}
        aria-checked={checked === "indeterminate" ? "mixed" : checked}
        onClick={(event) => onChange(checked !== true, event.shiftKey)}
        // Or the browser selects the text between two clicks with Shift.
        onMouseDown={(event) => event.shiftKey && event.preventDefault()}
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        disabled={disabled}
        aria-label={label}
        className="relative grid size-4 shrink-0 place-items-center rounded-sm border border-control bg-surface before:absolute before:-inset-3 disabled:opacity-50 aria-checked:border-brand aria-checked:bg-brand aria-[checked=mixed]:border-brand aria-[checked=mixed]:bg-brand"
      >
        {checked && <Mark size={12} strokeWidth={3} aria-hidden className="text-white" />}
      </button>
      {children && <label htmlFor={id}>{children}</label>}
    </span>
  );
}
