/** The same job as JSON, YAML, a command, curl or Python, to be copied. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { CodeView } from "@/components/code/CodeView";
import type { Language } from "@/components/code/highlight";
import { Copy } from "@/components/ui/Copy";
import { SegmentedControl } from "@/components/ui/Tabs";
import { beyondCli, FORMS, type Form, previewOf } from "../model/preview";
import { specOf } from "../model/spec";
import type { FormValues } from "../model/values";

const LANGUAGES: Record<Form, Language> = {
  json: "node",
  yaml: "python",
  cli: "shell",
  curl: "shell",
  python: "python",
};

export function PreviewPanel({ values }: { values: FormValues }) {
  const { t } = useTranslation("job-form");
  const [form, setForm] = useState<Form>("json");
  const spec = useMemo(() => specOf(values), [values]);
  const text = previewOf(form, spec, {
    server: location.origin,
    idempotencyKey: values.idempotencyKey,
  });
  const secret = values.env.some(({ kind }) => kind === "secret");
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="flex items-center justify-between gap-2">
        <SegmentedControl
          label={t("preview.form")}
          value={form}
          onChange={(next: Form) => setForm(next)}
          options={FORMS.map((value) => ({ value, label: t(`preview.${value}`) }))}
          className="[&_button]:min-w-0 [&_button]:px-2"
        />
        <Copy text={text} what={t("preview.copy")} />
      </div>
      <CodeView
        code={text.trimEnd()}
        language={LANGUAGES[form]}
        label={`${t("preview.title")}: ${t(`preview.${form}`)}`}
        className="max-h-80 [&_pre]:text-xs"
      />
      {secret && <p className="text-muted text-sm">{t("preview.secrets")}</p>}
      {form === "cli" && beyondCli(spec) && (
        <p className="text-muted text-sm">{t("preview.beyondCli")}</p>
      )}
    </div>
  );
}
