/** The fields of a webhook: where it goes, what it tells, of which jobs, and how it proves itself. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { EVENTS } from "@/api/queries/webhooks";
import { Field } from "@/components/ui/Field";
import { Input, NumberWithUnit } from "@/components/ui/Input";
import { Checkbox } from "@/components/ui/Toggle";
import type { WebhookDraft, WebhookFault } from "../model/webhook";
import { HeaderRows } from "./HeaderRows";

type Props = {
  draft: WebhookDraft;
  set(change: Partial<WebhookDraft>): void;
  faults: readonly WebhookFault["field"][];
  /** What the server refused about a field. */
  said(field: string): string | undefined;
  /** Whether a new secret is made; null: it is new itself. */
  rotate: boolean | null;
  onRotate(rotate: boolean): void;
};

export function WebhookFields(props: Props) {
  const { draft, set, faults, said } = props;
  const { t } = useTranslation("settings");
  const fault = (field: WebhookFault["field"], word: string) =>
    faults.includes(field) ? word : undefined;
  const needed = t("needed");
  return (
    <>
      <Field
        label={t("webhooks.name")}
        error={fault("name", needed) ?? said("name")}
        hint={t("webhooks.nameHint")}
        required
      >
        <Input
          autoCapitalize="off"
          maxLength={100}
          value={draft.name}
          onChange={(event) => set({ name: event.target.value })}
        />
      </Field>
      <Field
        label={t("webhooks.url")}
        hint={t("webhooks.urlHint")}
        error={fault("url", t("webhooks.urlFault")) ?? said("url")}
        required
      >
        <Input
          type="url"
          inputMode="url"
          maxLength={2000}
          placeholder="https://chat.example.com/hooks/42"
          value={draft.url}
          onChange={(event) => set({ url: event.target.value })}
        />
      </Field>
      <fieldset>
        <legend className="pb-1.5 text-sm font-medium">{t("webhooks.eventsLabel")}</legend>
        <div className="grid grid-cols-2 gap-x-4">
          {EVENTS.map((event) => (
            <span key={event} className="flex min-h-8 items-center pointer-coarse:min-h-11">
              <Checkbox
                checked={draft.events.includes(event)}
                onChange={(on) =>
                  set({
                    events: on
                      ? [...draft.events, event]
                      : draft.events.filter((one) => one !== event),
                  })
                }
              >
                {t(`webhooks.event.${event.slice(4) as "failed"}`)}
              </Checkbox>
            </span>
          ))}
        </div>
        {(faults.includes("events") || said("events")) && (
          <p className="pt-1.5 text-sm text-failed">
            {fault("events", t("webhooks.eventsFault")) ?? said("events")}
          </p>
        )}
      </fieldset>
      <Narrowing {...props} />
      <Proof {...props} />
    </>
  );
}

function Narrowing({ draft, set, faults, said }: Props) {
  const { t } = useTranslation("settings");
  return (
    <Group title={t("webhooks.filters")} hint={t("webhooks.filtersHint")}>
      <Field
        label={t("webhooks.jobName")}
        hint={t("webhooks.jobNameHint")}
        error={said("filters.name")}
        optional
      >
        <Input
          autoCapitalize="off"
          placeholder="etl-*"
          value={draft.jobName}
          onChange={(event) => set({ jobName: event.target.value })}
        />
      </Field>
      <Field
        label={t("webhooks.labels")}
        hint={t("webhooks.labelsHint")}
        error={faults.includes("labels") ? t("webhooks.labelsFault") : said("filters.labels")}
        optional
      >
        <Input
          autoCapitalize="off"
          placeholder="team=data, env=prod"
          value={draft.labels}
          onChange={(event) => set({ labels: event.target.value })}
        />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("webhooks.template")} error={said("filters.template")} optional>
          <Input
            autoCapitalize="off"
            value={draft.template}
            onChange={(event) => set({ template: event.target.value })}
          />
        </Field>
        <Field label={t("webhooks.schedule")} error={said("filters.schedule")} optional>
          <Input
            autoCapitalize="off"
            value={draft.schedule}
            onChange={(event) => set({ schedule: event.target.value })}
          />
        </Field>
      </div>
    </Group>
  );
}

function Proof({ draft, set, faults, said, rotate, onRotate }: Props) {
  const { t } = useTranslation("settings");
  const [own, setOwn] = useState(false);
  return (
    <Group title={t("webhooks.proof")} hint={t("webhooks.proofHint")}>
      <div className="flex flex-col">
        {rotate !== null && (
          <span className="flex min-h-8 items-center pointer-coarse:min-h-11">
            <Checkbox
              checked={rotate}
              onChange={(on) => {
                onRotate(on);
                if (on) {
                  setOwn(false);
                  set({ secret: "" });
                }
              }}
            >
              {t("webhooks.rotate")}
            </Checkbox>
          </span>
        )}
        <span className="flex min-h-8 items-center pointer-coarse:min-h-11">
          <Checkbox
            checked={own}
            onChange={(on) => {
              setOwn(on);
              if (on) onRotate(false);
              else set({ secret: "" });
            }}
          >
            {t("webhooks.own")}
          </Checkbox>
        </span>
      </div>
      {own && (
        <Field label={t("webhooks.secret")} hint={t("webhooks.ownHint")} error={said("secret")}>
          <Input
            type="password"
            autoComplete="new-password"
            maxLength={200}
            value={draft.secret}
            onChange={(event) => set({ secret: event.target.value })}
          />
        </Field>
      )}
      <HeaderRows
        rows={draft.headers}
        onChange={(headers) => set({ headers })}
        error={faults.includes("headers") ? t("webhooks.headersFault") : said("headers")}
      />
      <Field
        label={t("webhooks.timeout")}
        error={faults.includes("timeout") ? t("projects.number") : said("timeout_ms")}
        className="sm:w-40"
      >
        <NumberWithUnit value={draft.timeout} unit="s" onChange={(timeout) => set({ timeout })} />
      </Field>
    </Group>
  );
}

type GroupProps = { title: string; hint: string; children: React.ReactNode };

const Group = ({ title, hint, children }: GroupProps) => (
  <fieldset className="flex flex-col gap-4 border-t border-hairline pt-4">
    <legend className="sr-only">{title}</legend>
    <div>
      <p aria-hidden className="font-medium">
        {title}
      </p>
      <p className="text-sm text-muted">{hint}</p>
    </div>
    {children}
  </fieldset>
);
