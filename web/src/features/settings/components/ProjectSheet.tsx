/** Makes a project, or changes its quota and retention. */
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Project, usePutProject } from "@/api/queries/projects";
import { Button } from "@/components/ui/Button";
import { Sheet } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { Banner, useErrorDetail } from "@/components/ui/feedback";
import { Input, NumberWithUnit } from "@/components/ui/Input";
import { toast } from "@/components/ui/toast";
import { useViolations } from "../hooks/violations";
import { limitOf, typedOf } from "../model/limits";
import { DeleteProject } from "./DeleteProject";

type ProjectSheetProps = { project: Project | undefined; onClose(): void };

const LIMITS = [
  { name: "running_jobs", group: "quota", whole: true },
  { name: "cpu", group: "quota", whole: false },
  { name: "memory_mb", group: "quota", whole: true },
  { name: "job_days", group: "retention", whole: true },
  { name: "log_days", group: "retention", whole: true },
  { name: "audit_days", group: "retention", whole: true },
] as const;
type Limit = (typeof LIMITS)[number]["name"];
type Typed = Readonly<Record<Limit, string>>;

const typed = (project: Project | undefined): Typed => ({
  running_jobs: typedOf(project?.quota.running_jobs ?? null),
  cpu: typedOf(project?.quota.cpu ?? null),
  memory_mb: typedOf(project?.quota.memory_mb ?? null),
  job_days: typedOf(project?.retention.job_days ?? null),
  log_days: typedOf(project?.retention.log_days ?? null),
  audit_days: typedOf(project?.retention.audit_days ?? null),
});

export default function ProjectSheet({ project, onClose }: ProjectSheetProps) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const form = useId();
  const put = usePutProject();
  const [name, setName] = useState(project?.name ?? "");
  const [description, setDescription] = useState(project?.description ?? "");
  const [limits, setLimits] = useState(typed(project));
  const [asked, setAsked] = useState(false);
  const said = useViolations(put.error);
  const detail = useErrorDetail();
  const value = (limit: (typeof LIMITS)[number]) => limitOf(limits[limit.name], limit.whole);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    const read = LIMITS.map((one) => [one.name, value(one)] as const);
    if (name.trim() === "" || put.isPending || read.some(([, limit]) => limit === undefined))
      return;
    const { running_jobs, cpu, memory_mb, ...retention } = Object.fromEntries(read) as Record<
      Limit,
      number | null
    >;
    put.mutate(
      {
        name: name.trim(),
        description: description.trim(),
        quota: { running_jobs, cpu, memory_mb },
        retention,
      },
      {
        onSuccess: () => {
          toast.done(t("projects.saved", { name: name.trim() }));
          onClose();
        },
      },
    );
  };
  const nameError = asked && name.trim() === "" ? t("needed") : (said("name") ?? said("key"));
  return (
    <Sheet
      open
      onOpenChange={onClose}
      title={project?.name ?? t("projects.new")}
      footer={
        <>
          <Button onClick={onClose}>{common("action.cancel")}</Button>
          <Button type="submit" form={form} look="primary" busy={put.isPending}>
            {common(project === undefined ? "action.create" : "action.save")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-5">
        {put.error !== null && nameError === undefined && (
          <Banner tone="bad">{detail(put.error)}</Banner>
        )}
        {project === undefined && (
          <Field
            label={t("projects.name")}
            hint={t("projects.nameHint")}
            error={nameError}
            required
          >
            <Input
              autoCapitalize="off"
              maxLength={63}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </Field>
        )}
        <Field label={t("projects.description")} error={said("description")} optional>
          <Input
            maxLength={500}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </Field>
        {(["quota", "retention"] as const).map((group) => (
          <fieldset key={group} className="flex flex-col gap-4 border-t border-hairline pt-4">
            <legend className="sr-only">{t(`projects.${group}`)}</legend>
            <div>
              <p aria-hidden className="font-medium">
                {t(`projects.${group}`)}
              </p>
              <p className="text-sm text-muted">{t(`projects.${group}Hint`)}</p>
            </div>
            {LIMITS.filter((one) => one.group === group).map((one) => (
              <Field
                key={one.name}
                label={t(`projects.limit.${one.name}`)}
                error={
                  asked && value(one) === undefined
                    ? t(one.whole ? "projects.whole" : "projects.number")
                    : said(one.name)
                }
              >
                <NumberWithUnit
                  value={limits[one.name]}
                  unit={t(`projects.unit.${one.name}`)}
                  onChange={(next) => setLimits({ ...limits, [one.name]: next })}
                />
              </Field>
            ))}
          </fieldset>
        ))}
      </form>
      {project !== undefined && <DeleteProject project={project} onDone={onClose} />}
    </Sheet>
  );
}
