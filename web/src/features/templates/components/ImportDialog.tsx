/** Takes a template as YAML or JSON, from a file or pasted. */
import { FileUp } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { useProjectNames } from "@/api/queries/projects";
import { type Template, useImportTemplate } from "@/api/queries/templates";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { Banner, useErrorDetail } from "@/components/ui/feedback";
import { Select, Textarea } from "@/components/ui/Input";

type Props = { onClose: () => void; onDone: (template: Template) => void };

export default function ImportDialog({ onClose, onDone }: Props) {
  const { t } = useTranslation("templates");
  const { t: common } = useTranslation();
  const form = useId();
  const take = useImportTemplate();
  const detail = useErrorDetail();
  const projects = useProjectNames("templates.manage") ?? [];
  const [wanted, setProject] = useState("default");
  const project = projects.includes(wanted) ? wanted : (projects[0] ?? wanted);
  const [text, setText] = useState("");
  const [asked, setAsked] = useState(false);
  const violations = isApiError(take.error) ? take.error.violations : [];

  function submit(event: FormEvent): void {
    event.preventDefault();
    setAsked(true);
    if (text.trim() !== "" && !take.isPending)
      take.mutate({ text, project }, { onSuccess: onDone });
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("import.title")}
      description={t("import.intro")}
      className="max-w-2xl"
      footer={
        <>
          <Button onClick={onClose}>{common("action.cancel")}</Button>
          <Button type="submit" form={form} look="primary" busy={take.isPending}>
            {t("import.do")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        {take.error !== null && (
          <Banner tone="bad">
            {violations.length === 0 && detail(take.error)}
            <ul>
              {violations.map(({ field, message }) => (
                <li key={field + message}>
                  {field !== "" && <code className="font-mono text-sm">{field}: </code>}
                  {message}
                </li>
              ))}
            </ul>
          </Banner>
        )}
        <FileButton onText={setText} />
        <Field
          label={t("import.text")}
          error={asked && text.trim() === "" ? t("problem.required") : undefined}
        >
          <Textarea
            rows={12}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="font-mono text-sm"
          />
        </Field>
        {projects.length > 1 && (
          <Field label={common("project.label")}>
            <Select
              value={project}
              options={projects.map((value) => ({ value, label: value }))}
              onChange={setProject}
            />
          </Field>
        )}
      </form>
    </Dialog>
  );
}

const MOST_BYTES = 1_000_000;

function FileButton({ onText }: { onText: (text: string) => void }) {
  const { t } = useTranslation("templates");
  const [name, setName] = useState("");
  const [large, setLarge] = useState(false);
  const id = useId();
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <label
        htmlFor={id}
        className="inline-flex h-9 cursor-pointer items-center gap-2 rounded-control border border-control bg-surface px-3 font-medium hover:bg-raised has-focus-visible:outline-2 has-focus-visible:outline-focus has-focus-visible:outline-offset-2 pointer-coarse:h-11"
      >
        <FileUp size={16} aria-hidden />
        {t("import.file")}
        <input
          id={id}
          type="file"
          accept=".yaml,.yml,.json"
          className="sr-only"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file === undefined) return;
            setName(file.name);
            setLarge(file.size > MOST_BYTES);
            if (file.size <= MOST_BYTES) void file.text().then(onText);
          }}
        />
      </label>
      <span className="min-w-0 truncate text-sm text-muted">{name}</span>
      {large && <span className="text-sm text-failed">{t("import.large")}</span>}
    </div>
  );
}
