/** Makes a trigger, and shows its token this one time. */
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import type { Template } from "@/api/queries/templates";
import { type NewTrigger, useCreateTrigger } from "@/api/queries/triggers";
import { CodeView } from "@/components/code/CodeView";
import { Button } from "@/components/ui/Button";
import { Copy } from "@/components/ui/Copy";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { Banner, useErrorDetail } from "@/components/ui/feedback";
import { Input } from "@/components/ui/Input";
import { useProblemText } from "../hooks/problems";
import { refusalsOf } from "../model/parameters";
import { type Choice, choiceOf, choiceProblem, curlOf, sourcesOf } from "../model/trigger";
import { SourceFields } from "./SourceFields";

type Props = { template: Template; onClose: () => void };

export default function TriggerDialog({ template, onClose }: Props) {
  const { t } = useTranslation("templates");
  const { t: common } = useTranslation();
  const form = useId();
  const create = useCreateTrigger(template.id);
  const [made, setMade] = useState<NewTrigger | null>(null);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={made === null ? t("trigger.new") : t("trigger.made", { name: made.name })}
      className="max-w-2xl"
      footer={
        made === null ? (
          <>
            <Button onClick={onClose}>{common("action.cancel")}</Button>
            <Button type="submit" form={form} look="primary" busy={create.isPending}>
              {t("trigger.create")}
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            {common("action.done")}
          </Button>
        )
      }
    >
      {made === null ? (
        <TriggerForm id={form} template={template} create={create} onMade={setMade} />
      ) : (
        <Made template={template} trigger={made} />
      )}
    </Dialog>
  );
}

type FormProps = {
  id: string;
  template: Template;
  create: ReturnType<typeof useCreateTrigger>;
  onMade: (trigger: NewTrigger) => void;
};

function TriggerForm({ id, template, create, onMade }: FormProps) {
  const { t } = useTranslation("templates");
  const text = useProblemText();
  const detail = useErrorDetail();
  const [name, setName] = useState("");
  const [asked, setAsked] = useState(false);
  const [choices, setChoices] = useState<Record<string, Choice>>(() =>
    Object.fromEntries(template.parameters.map((one) => [one.name, choiceOf(one)])),
  );
  const problems: Record<string, string> = {};
  for (const parameter of template.parameters) {
    const choice = choices[parameter.name];
    const problem = choice === undefined ? null : choiceProblem(parameter, choice);
    if (problem !== null) problems[parameter.name] = text(problem);
  }
  const violations = isApiError(create.error) ? create.error.violations : [];
  const refused = refusalsOf(violations);
  const named = violations.find(({ field }) => field === "name")?.message;
  const empty = name.trim() === "";

  function submit(event: FormEvent): void {
    event.preventDefault();
    setAsked(true);
    if (empty || Object.keys(problems).length > 0 || create.isPending) return;
    create.mutate({ name: name.trim(), parameters: sourcesOf(choices) }, { onSuccess: onMade });
  }

  return (
    <form id={id} onSubmit={submit} noValidate className="flex flex-col gap-4">
      {create.error !== null && named === undefined && (
        <Banner tone="bad">{refused[""] ?? detail(create.error)}</Banner>
      )}
      <Field
        label={t("trigger.name")}
        hint={t("trigger.nameHint")}
        error={asked && empty ? t("problem.required") : named}
        required
      >
        <Input
          autoFocus
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      {template.parameters.length > 0 && (
        <SourceFields
          parameters={template.parameters}
          choices={choices}
          onChange={setChoices}
          problems={asked ? { ...refused, ...problems } : {}}
        />
      )}
    </form>
  );
}

/** The token, readable this once, and a call to try it with. */
function Made({ trigger, template }: { trigger: NewTrigger; template: Template }) {
  const { t } = useTranslation("templates");
  const call = curlOf(
    location.origin,
    trigger.id,
    trigger.parameters,
    template.parameters,
    trigger.token,
  );
  return (
    <div className="flex flex-col gap-4">
      <Banner tone="warn">{t("trigger.once")}</Banner>
      <div className="flex items-center gap-2 rounded-control border border-control bg-raised py-1 pr-1 pl-3">
        <code className="min-w-0 flex-1 font-mono text-sm break-all select-all">
          {trigger.token}
        </code>
        <Copy text={trigger.token} what={t("trigger.token")} />
      </div>
      <div className="flex items-center justify-between gap-2">
        <h3 className="font-medium text-sm">{t("trigger.call")}</h3>
        <Copy text={call} what={t("trigger.curl")} />
      </div>
      <CodeView code={call} language="shell" label={t("trigger.call")} />
      <p className="text-sm text-muted">{t("trigger.answer")}</p>
    </div>
  );
}
