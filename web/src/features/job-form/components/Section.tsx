/** One of the five numbered sections, and the part of it that is folded away. */
import { ChevronDown } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import { useForm } from "../hooks/form";
import { DEFAULTS, type FieldName } from "../model/values";

type SectionName = "basic" | "command" | "environment" | "resources" | "preferences";

type Props = { number: number; name: SectionName; action?: ReactNode; children: ReactNode };

export function Section({ number, name, action, children }: Props) {
  const { t } = useTranslation("job-form");
  const { template } = useForm();
  // A template has its own name and its parameters before the job's five sections.
  const before = template === null ? 0 : 2;
  return (
    <Numbered number={number + before} title={t(`section.${name}`)} action={action}>
      {children}
    </Numbered>
  );
}

type NumberedProps = { number: number; title: string; action?: ReactNode; children: ReactNode };

export function Numbered({ number, title, action, children }: NumberedProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="min-w-0 rounded-card border border-hairline bg-surface p-4 sm:p-5"
    >
      {/* What the action is may come later: its room is kept. */}
      <header
        className={cn(
          "mb-4 flex min-h-8 items-center justify-between gap-3",
          action !== undefined && "pointer-coarse:min-h-11",
        )}
      >
        <h2 id={id} className="flex items-baseline gap-2 text-lg">
          <span className="numeric font-medium text-subtle">{number}.</span>
          {title}
        </h2>
        {action}
      </header>
      <div className="flex min-w-0 flex-col gap-4">{children}</div>
    </section>
  );
}

/** Fields that most jobs leave alone; says how many are set, and opens on one that is wrong. */
export function More({ fields, children }: { fields: readonly FieldName[]; children: ReactNode }) {
  const { t } = useTranslation("job-form");
  const { values, issueOf, issues } = useForm();
  const [wanted, setWanted] = useState(false);
  const id = useId();
  const set = fields.filter(
    (field) => JSON.stringify(values[field]) !== JSON.stringify(DEFAULTS[field]),
  );
  const wrong = issues.some(
    (issue) =>
      fields.some((field) => issue.field.split(".")[0] === field) && issueOf(issue.field) === issue,
  );
  const open = wanted || wrong;
  return (
    <div className="min-w-0">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setWanted(!open)}
        className="-ml-2 flex min-h-9 items-center gap-1.5 rounded-control px-2 font-medium text-muted text-sm hover:text-text pointer-coarse:min-h-11"
      >
        <ChevronDown
          size={16}
          aria-hidden
          className={cn("transition-transform", !open && "-rotate-90")}
        />
        {t(open ? "more.hide" : "more.show")}
        {!open && set.length > 0 && (
          <span className="font-normal text-subtle">{t("more.set", { count: set.length })}</span>
        )}
      </button>
      <div id={id} hidden={!open} className={cn(open && "mt-3 flex flex-col gap-4")}>
        {open && children}
      </div>
    </div>
  );
}
