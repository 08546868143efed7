/** A form field: its label, hint and error, tied to the control by id. */
import { CircleAlert } from "lucide-react";
import { createContext, type ReactNode, useContext, useId } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";

type Wiring = { id: string; describedBy: string | undefined; invalid: boolean; required: boolean };

const FieldContext = createContext<Wiring | null>(null);

/** What a control inside a Field spreads on itself. */
export function useField(given: { id?: string | undefined } = {}) {
  const field = useContext(FieldContext);
  if (field === null) return {};
  return {
    id: given.id ?? field.id,
    "aria-describedby": field.describedBy,
    "aria-invalid": field.invalid || undefined,
    "aria-required": field.required || undefined,
  };
}

type FieldProps = {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  required?: boolean;
  optional?: boolean;
  /** The id of the control, for links from an error summary. */
  id?: string;
  className?: string;
  children: ReactNode;
};

export function Field({
  label,
  hint,
  error,
  required,
  optional,
  id,
  className,
  children,
}: FieldProps) {
  const { t } = useTranslation();
  const made = useId();
  const control = id ?? made;
  const hintId = hint ? `${control}-hint` : undefined;
  const errorId = error ? `${control}-error` : undefined;
  const wiring: Wiring = {
    id: control,
    describedBy: [errorId, hintId].filter(Boolean).join(" ") || undefined,
    invalid: error !== undefined && error !== "",
    required: required ?? false,
  };
  return (
    <div className={cn("flex min-w-0 flex-col gap-1.5", className)}>
      <label htmlFor={control} className="text-sm font-medium">
        {label}
        {optional && (
          <>
            {" "}
            <span className="ml-0.5 font-normal text-subtle">{t("field.optional")}</span>
          </>
        )}
      </label>
      <FieldContext value={wiring}>{children}</FieldContext>
      {error && (
        <p id={errorId} className="flex items-start gap-1.5 text-sm text-failed">
          <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
          {error}
        </p>
      )}
      {hint && (
        <p id={hintId} className="text-sm text-muted">
          {hint}
        </p>
      )}
    </div>
  );
}
