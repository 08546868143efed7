/** Makes a token, and shows it this one time. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type NewToken, useCreateToken } from "@/api/queries/access";
import { useProjectNames } from "@/api/queries/projects";
import { meQuery } from "@/api/queries/system";
import { type Role, rolesUpTo } from "@/api/roles";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { Banner, useErrorDetail } from "@/components/ui/feedback";
import { Input, Select } from "@/components/ui/Input";
import { serverNow } from "@/live/clock";
import { useViolations } from "../hooks/violations";
import { expiryOf, isFuture, SPANS, type Span } from "../model/expiry";
import { TokenShown } from "./TokenShown";

export default function TokenDialog({ onClose }: { onClose(): void }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const create = useCreateToken();
  const form = useId();
  const [made, setMade] = useState<NewToken | null>(null);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={made === null ? t("tokens.new") : t("tokens.made", { name: made.name })}
      footer={
        made === null ? (
          <>
            <Button onClick={onClose}>{common("action.cancel")}</Button>
            <Button type="submit" form={form} look="primary" busy={create.isPending}>
              {t("tokens.create")}
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
        <TokenForm id={form} create={create} onMade={setMade} />
      ) : (
        <TokenShown token={made.token} />
      )}
    </Dialog>
  );
}

type TokenFormProps = {
  id: string;
  create: ReturnType<typeof useCreateToken>;
  onMade(token: NewToken): void;
};

function TokenForm({ id, create, onMade }: TokenFormProps) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { data: me } = useQuery(meQuery());
  const projects = useProjectNames("jobs.read") ?? [];
  const [name, setName] = useState("");
  const [project, setProject] = useState("");
  const roles = rolesUpTo(me?.roles ?? {}, project || undefined);
  const [wanted, setRole] = useState<Role>("operator");
  const role = roles.includes(wanted) ? wanted : (roles.at(-1) ?? "viewer");
  const [span, setSpan] = useState<Span>("90");
  const [day, setDay] = useState("");
  const [asked, setAsked] = useState(false);
  const said = useViolations(create.error);
  const detail = useErrorDetail();
  const future = isFuture(span, day, serverNow());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (name.trim() === "" || !future || create.isPending) return;
    const ends = expiryOf(span, day, serverNow());
    create.mutate(
      {
        name: name.trim(),
        role,
        ...(project !== "" && { project }),
        ...(ends !== undefined && { expires_at: ends }),
      },
      { onSuccess: onMade },
    );
  };
  const everywhere = { value: "", label: t("tokens.everyProject") };
  return (
    <form id={id} onSubmit={submit} noValidate className="flex flex-col gap-4">
      {create.error !== null && said("name") === undefined && said("expires_at") === undefined && (
        <Banner tone="bad">{detail(create.error)}</Banner>
      )}
      <Field
        label={t("tokens.name")}
        hint={t("tokens.nameHint")}
        error={asked && name.trim() === "" ? t("needed") : said("name")}
        required
      >
        <Input autoFocus maxLength={100} value={name} onChange={(e) => setName(e.target.value)} />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={common("project.label")}>
          <Select
            value={project}
            onChange={setProject}
            options={[everywhere, ...projects.map((one) => ({ value: one, label: one }))]}
          />
        </Field>
        <Field label={t("tokens.role")} hint={t(`roleHint.${role}`)}>
          <Select
            value={role}
            onChange={(next) => setRole(next as Role)}
            options={roles.map((one) => ({ value: one, label: common(`role.${one}`) }))}
          />
        </Field>
        <Field label={t("tokens.ends")} {...(span === "never" && { hint: t("tokens.neverHint") })}>
          <Select
            value={span}
            onChange={(next) => setSpan(next as Span)}
            options={SPANS.map((one) => ({ value: one, label: t(`tokens.span.${one}`) }))}
          />
        </Field>
        {span === "day" && (
          <Field
            label={t("tokens.day")}
            error={asked && !future ? t("tokens.past") : said("expires_at")}
          >
            <Input type="date" value={day} onChange={(event) => setDay(event.target.value)} />
          </Field>
        )}
      </div>
    </form>
  );
}
