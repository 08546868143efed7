/** The fourth tab: addresses that other systems call to run the template. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Zap } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Template } from "@/api/queries/templates";
import { type Trigger, triggersQuery, useDeleteTrigger } from "@/api/queries/triggers";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { copyText } from "@/components/ui/Copy";
import {
  EmptyState,
  ErrorState,
  Skeleton,
  useErrorDetail,
  useErrorTitle,
} from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { Row, RowList } from "@/components/ui/RowList";
import { useRefusal } from "@/components/ui/refusal";
import { RelativeTime } from "@/components/ui/Time";
import { toast } from "@/components/ui/toast";
import { curlOf } from "../model/trigger";

const TriggerDialog = lazy(() => import("./TriggerDialog"));

export default function Triggers({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const { data, error, refetch } = useQuery(triggersQuery(template.id));
  const [making, setMaking] = useState(false);
  const refusal = useRefusal("templates.manage", template.project);
  const create = (
    <Button look="primary" icon={Plus} disabledReason={refusal} onClick={() => setMaking(true)}>
      {t("trigger.new")}
    </Button>
  );
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 pb-4">
        <p className="min-w-0 flex-1 basis-72 text-muted">{t("trigger.intro")}</p>
        {create}
      </div>
      {data === undefined ? (
        error === null ? (
          <Skeleton className="h-48 w-full" />
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )
      ) : data.items.length === 0 ? (
        <EmptyState icon={Zap} title={t("trigger.none")} />
      ) : (
        <Card flush className="overflow-hidden [&>div>ul]:border-0">
          <RowList label={t("tab.triggers")}>
            {data.items.map((trigger) => (
              <TriggerRow
                key={trigger.id}
                template={template}
                trigger={trigger}
                refusal={refusal}
              />
            ))}
          </RowList>
        </Card>
      )}
      <Suspense>
        {making && <TriggerDialog template={template} onClose={() => setMaking(false)} />}
      </Suspense>
    </>
  );
}

type RowProps = { template: Template; trigger: Trigger; refusal: string | undefined };

function TriggerRow({ template, trigger, refusal }: RowProps) {
  const { t } = useTranslation("templates");
  const { t: common } = useTranslation();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteTrigger(template.id);
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const { id, name, last_fired_at: fired, parameters } = trigger;
  const copy = () =>
    void copyText(curlOf(location.origin, id, parameters, template.parameters, null)).then(() =>
      toast.done(common("action.copied")),
    );
  return (
    <>
      <Row
        title={name}
        facts={[
          <code key="a" className="font-mono [overflow-wrap:anywhere]">
            /api/v1/triggers/{id}
          </code>,
          fired === null ? (
            t("trigger.never")
          ) : (
            <>
              {t("trigger.fired")} <RelativeTime at={fired} />
            </>
          ),
        ]}
        actions={
          <>
            <Button size="sm" onClick={copy} aria-label={t("trigger.curlOf", { name })}>
              {t("trigger.curl")}
            </Button>
            <Button
              size="sm"
              disabledReason={refusal}
              aria-label={t("trigger.deleteOf", { name })}
              onClick={() => setAsking(true)}
            >
              {t("one.delete")}
            </Button>
          </>
        }
      />
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("trigger.deleteTitle", { name })}
        effect={t("trigger.deleteEffect")}
        confirm={t("one.delete")}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(id, {
            onSuccess: () => {
              setAsking(false);
              toast.done(t("trigger.deleted", { name }));
            },
            onError: (error) => toast.failed(title(error), detail(error)),
          })
        }
      />
    </>
  );
}
