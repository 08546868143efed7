/** Beside the form: the rule in words, and when it would run. */
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/Card";
import { Field } from "@/components/ui/Field";
import { Banner, useErrorTitle } from "@/components/ui/feedback";
import { Input } from "@/components/ui/Input";
import { cn } from "@/lib/cn";
import { formatDuration } from "@/lib/format";
import type { PreviewState } from "../hooks/preview";
import { useWords } from "../hooks/words";
import { type Draft, msOf } from "../model/draft";
import { NextRuns } from "./NextRuns";

type Props = { draft: Draft; state: PreviewState; from: string; onFrom(from: string): void };

export function PreviewPanel({ draft, state, from, onFrom }: Props) {
  const { t, i18n } = useTranslation("schedules");
  const words = useWords();
  const title = useErrorTitle();
  const { preview, settled, violations, error } = state;
  const jitter = msOf(draft.jitter);
  return (
    <Card id="preview" title={t("next.title")}>
      <div className="flex flex-col gap-3" aria-live="polite" aria-busy={!settled}>
        {error !== null && <Banner tone="bad">{title(error)}</Banner>}
        {preview === undefined ? (
          error === null && (
            <p className="text-muted">{violations[0]?.message ?? t("next.waiting")}</p>
          )
        ) : (
          <div className={cn("flex flex-col gap-3", !settled && "opacity-60")}>
            <p className="text-lg font-medium">{words(preview.words)}</p>
            {preview.warnings.map(({ code, words: warning }) => (
              <Banner key={code} tone="warn">
                {words(warning)}
              </Banner>
            ))}
            <NextRuns slots={preview.next} zone={draft.zone.trim()} />
            {jitter > 0 && (
              <p className="text-sm text-muted">
                {t("next.jitter", { span: formatDuration(jitter, i18n.language) })}
              </p>
            )}
          </div>
        )}
      </div>
      <Field
        label={t("next.from")}
        hint={t("next.fromHint")}
        optional
        className="mt-4 border-t border-hairline pt-4"
      >
        <Input type="date" value={from} onChange={(event) => onFrom(event.target.value)} />
      </Field>
    </Card>
  );
}
