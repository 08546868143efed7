/** The form of a provider's configuration: its type's fields, where it may be used, warm workers. */
import { PlugZap } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { useRefusal } from "@/components/ui/refusal";
import { useConfigForm } from "../hooks/config";
import { FormContext } from "../hooks/form";
import { type Body, type Form, keepsSecrets } from "../model/config";
import type { Group } from "../model/draft";
import type { Field } from "../model/schema";
import { Fields } from "./GroupFields";
import { Problems } from "./Problems";
import { TestResult } from "./TestResult";

type Props = {
  form: Form;
  type: string;
  initial: Provider | { name: string };
  /** The verb on the main button. */
  submit: string;
  /** Sends the request; what it rejects with is shown in the form. */
  onSubmit(body: Body): Promise<unknown>;
  busy: boolean;
  onDirty?(): void;
  /** Above the fields. */
  before?: ReactNode;
};

export function ConfigForm(props: Props) {
  const { form, type, initial, submit, onSubmit, busy, onDirty, before } = props;
  const { t } = useTranslation("providers");
  const forbidden = useRefusal("providers.manage");
  const state = useConfigForm(form, type, initial);
  const { draft, test } = state;
  const settings = draft.values.settings as Group;
  const change = (values: Group["values"]) => {
    onDirty?.();
    state.change(values);
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    const body = state.read();
    if (body !== undefined && !busy && forbidden === undefined) onSubmit(body).catch(state.refuse);
  };
  const section = (fields: readonly Field[]) => (
    <Fields fields={fields} path="" group={draft} onChange={change} />
  );
  return (
    <FormContext value={{ type, issues: state.issues, busy }}>
      <form noValidate onSubmit={send} className="flex min-w-0 flex-col gap-4">
        {before}
        <Problems box={state.summary} issues={state.issues} error={state.error} form={form} />
        <Card id="identity" title={t("section.identity")}>
          {section(form.identity)}
        </Card>
        {form.settings.length > 0 && (
          <Card id="settings" title={t("section.settings")}>
            <Fields
              fields={form.settings}
              path="settings"
              group={settings}
              onChange={(values) => change({ ...draft.values, settings: { ...settings, values } })}
            />
          </Card>
        )}
        <Card id="place" title={t("section.place")}>
          {section(form.place)}
        </Card>
        <Card id="warm" title={t("section.warm")}>
          <p className="mb-4 text-sm text-muted">{t("section.warmText")}</p>
          {section(form.warm)}
        </Card>
        <div className="sticky bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-20 -mx-4 flex flex-wrap items-center justify-end gap-3 border-t border-hairline bg-bg px-4 py-3 sm:mx-0 sm:px-0 lg:bottom-0">
          {test.data !== undefined && (
            <div className="max-h-40 w-full overflow-y-auto">
              <TestResult
                health={test.data}
                title={t(test.data.ok ? "test.works" : "test.fails")}
              />
            </div>
          )}
          <Button
            icon={PlugZap}
            busy={test.isPending}
            disabledReason={forbidden ?? (keepsSecrets(draft) ? t("test.secrets") : undefined)}
            onClick={state.runTest}
            className="max-sm:flex-1"
          >
            {t("test.run")}
          </Button>
          <Button
            type="submit"
            look="primary"
            busy={busy}
            disabledReason={forbidden}
            className="max-sm:flex-1"
          >
            {submit}
          </Button>
        </div>
      </form>
    </FormContext>
  );
}
