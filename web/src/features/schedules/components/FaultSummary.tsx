/** Everything that is wrong with the form, in one focused place, with links to the fields. */
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { cn } from "@/lib/cn";
import { PARAMETER, type ScheduleFormState } from "../hooks/form";
import { type Field, fieldOf } from "../model/draft";

const LABELS = {
  name: "form.name",
  description: "form.description",
  rule: "detail.rule",
  anchor: "form.anchor",
  zone: "form.zone",
  starts_at: "form.starts",
  ends_at: "form.ends",
  jitter_ms: "form.jitter",
  queue_limit: "form.queueLimit",
  catch_up: "form.catchUp",
  target: "form.template",
  target_version: "form.version",
} as const satisfies Record<Field, string>;

export function FaultSummary({ state }: { state: ScheduleFormState }) {
  const { t } = useTranslation("schedules");
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const { faults, problems, violations, jobWrong, error, summary } = state;
  const fieldLabel = (field: Field | undefined) =>
    field === undefined ? undefined : { id: `schedule-${field}`, label: t(LABELS[field]) };
  const parameterLabel = (name: string) => ({ id: `parameter-${name}`, label: name });
  const lines = [
    ...faults.map(({ field, code }) => ({
      of: fieldLabel(field),
      text: t(`form.fault.${code}`),
    })),
    ...Object.entries(problems).map(([name, text]) => ({
      of: parameterLabel(name),
      text,
    })),
    ...violations.map(({ field, message }) => ({
      of: field.startsWith(PARAMETER)
        ? parameterLabel(field.slice(PARAMETER.length))
        : fieldLabel(fieldOf(field)),
      text: message,
    })),
  ];
  const shown = lines.length > 0 || jobWrong || error !== null;
  const heading =
    error !== null
      ? title(error)
      : lines.length > 0
        ? t("form.faults", { count: lines.length })
        : t("form.faultsJob");
  return (
    <div
      ref={summary}
      tabIndex={-1}
      className={cn("scroll-mt-20 rounded-card", !shown && "hidden")}
    >
      {shown && (
        <div role="alert" className="tint-failed rounded-card px-4 py-3">
          <h2 className="flex items-center gap-2 font-semibold">
            <CircleAlert size={16} aria-hidden className="shrink-0 text-failed" />
            {heading}
          </h2>
          {error !== null && <p className="mt-1 pl-6 [overflow-wrap:anywhere]">{detail(error)}</p>}
          <ul className="pl-6">
            {lines.map(({ of, text }) => (
              <li key={`${of?.id} ${text}`} className="py-0.5 [overflow-wrap:anywhere]">
                {of !== undefined && (
                  <>
                    <FieldLink {...of} />:{" "}
                  </>
                )}
                {text}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function FieldLink({ id, label }: { id: string; label: string }) {
  return (
    <a
      href={`#${id}`}
      onClick={(event) => {
        event.preventDefault();
        const control = document.getElementById(id);
        control?.scrollIntoView({ block: "center" });
        control?.focus({ preventScroll: true });
      }}
      className="inline-block text-link underline underline-offset-2 pointer-coarse:min-w-11 pointer-coarse:py-3"
    >
      {label}
    </a>
  );
}
