/** One secret: when it was changed and used; a new value, or its end. */
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Secret, useDeleteSecret } from "@/api/queries/projects";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { Row } from "@/components/ui/RowList";
import { useRefusal } from "@/components/ui/refusal";
import { RelativeTime } from "@/components/ui/Time";
import { toast } from "@/components/ui/toast";

const SecretDialog = lazy(() => import("./SecretDialog"));

export function SecretRow({ secret }: { secret: Secret }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [replacing, setReplacing] = useState(false);
  const { name, project, version, last_used_at: used } = secret;
  const role = useRefusal("secrets.manage", project);
  const refusal = role ?? (version === 0 ? t("secrets.fileText") : undefined);
  return (
    <>
      <Row
        title={<code className="font-mono text-sm">{name}</code>}
        badges={
          <Badge>{version === 0 ? t("secrets.fromFile") : t("secrets.version", { version })}</Badge>
        }
        facts={[
          <>
            {t("secrets.changed")} <RelativeTime at={secret.updated_at} />
            {secret.updated_by !== "" && ` · ${secret.updated_by}`}
          </>,
          used === null ? (
            t("secrets.unused")
          ) : (
            <>
              {t("secrets.used")} <RelativeTime at={used} />
            </>
          ),
        ]}
        actions={
          <>
            <Button
              size="sm"
              disabledReason={refusal}
              aria-label={t("secrets.replaceOf", { name })}
              onClick={() => setReplacing(true)}
            >
              {t("secrets.replace")}
            </Button>
            <Delete secret={secret} refusal={refusal} label={common("action.delete")} />
          </>
        }
      />
      <Suspense>
        {replacing && (
          <SecretDialog project={project} name={name} onClose={() => setReplacing(false)} />
        )}
      </Suspense>
    </>
  );
}

type DeleteProps = { secret: Secret; refusal: string | undefined; label: string };

function Delete({ secret: { name, project }, refusal, label }: DeleteProps) {
  const { t } = useTranslation("settings");
  const [asking, setAsking] = useState(false);
  const remove = useDeleteSecret();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  return (
    <>
      <Button
        size="sm"
        disabledReason={refusal}
        aria-label={t("secrets.deleteOf", { name })}
        onClick={() => setAsking(true)}
      >
        {label}
      </Button>
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("secrets.deleteTitle", { name })}
        effect={t("secrets.deleteEffect")}
        confirm={label}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(
            { project, name },
            {
              onSuccess: () => {
                setAsking(false);
                toast.done(t("secrets.deleted", { name }));
              },
              onError: (error) => {
                setAsking(false);
                toast.failed(title(error), detail(error));
              },
            },
          )
        }
      />
    </>
  );
}
