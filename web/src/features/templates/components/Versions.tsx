/** The third tab: every version, and what each one changed. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link as RouteLink, useNavigate } from "@tanstack/react-router";
import { Play, RotateCcw } from "lucide-react";
import { useTranslation } from "react-i18next";
import {
  type Template,
  templateQuery,
  templateVersionsQuery,
  useChangeTemplate,
} from "@/api/queries/templates";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { ErrorState, Skeleton, useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { ButtonLink } from "@/components/ui/Link";
import { useRefusal } from "@/components/ui/refusal";
import { RelativeTime } from "@/components/ui/Time";
import { toast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { textOf } from "../model/text";
import { DiffView } from "./DiffView";

const route = getRouteApi("/shell/templates/$templateId");

export default function Versions({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const { data, error, refetch } = useQuery(templateVersionsQuery(template.id));
  const chosen = route.useSearch({ select: (search) => search.version }) ?? template.version;
  if (data === undefined) {
    if (error === null) return <Skeleton className="h-80 w-full" />;
    return <ErrorState error={error} onRetry={() => void refetch()} />;
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[18rem_minmax(0,1fr)]">
      <nav aria-label={t("versions.list")}>
        <ul className="max-h-80 divide-y divide-hairline overflow-y-auto rounded-card border border-hairline bg-surface lg:max-h-[70dvh]">
          {data.items.map(({ version, created_at: at, created_by: by }) => (
            <li key={version}>
              <RouteLink
                to="/templates/$templateId"
                params={{ templateId: template.id }}
                search={{ tab: "versions", version }}
                resetScroll={false}
                aria-current={version === chosen || undefined}
                className={cn(
                  "flex min-h-13 flex-col justify-center px-4 py-2 -outline-offset-2 hover:bg-raised",
                  version === chosen && "bg-raised shadow-[inset_2px_0_0_var(--c-brand)]",
                )}
              >
                <span className="flex items-center gap-2 font-medium">
                  {t("version", { version })}
                  {version === template.version && (
                    <Badge tone="info">{t("versions.newest")}</Badge>
                  )}
                </span>
                <span className="truncate text-sm text-muted">
                  <RelativeTime at={at} /> {by !== "" && `· ${by}`}
                </span>
              </RouteLink>
            </li>
          ))}
        </ul>
      </nav>
      <Change key={chosen} template={template} version={chosen} />
    </div>
  );
}

/** What a version changed, against the one before it. */
function Change({ template, version }: { template: Template; version: number }) {
  const { t } = useTranslation("templates");
  const now = useQuery(templateQuery(template.id, version));
  const before = useQuery({ ...templateQuery(template.id, version - 1), enabled: version > 1 });
  const error = now.error ?? (version > 1 ? before.error : null);
  if (error !== null) {
    return (
      <ErrorState
        error={error}
        onRetry={() => void Promise.all([now.refetch(), before.refetch()])}
      />
    );
  }
  if (now.data === undefined || (version > 1 && before.data === undefined)) {
    return <Skeleton className="h-80 w-full" />;
  }
  const old = before.data === undefined ? "" : textOf(before.data);
  return (
    <Card
      id="change"
      title={
        version === 1 ? t("versions.first") : t("versions.change", { version, before: version - 1 })
      }
      actions={<VersionActions template={template} shown={now.data} />}
    >
      <DiffView before={old} after={textOf(now.data)} label={t("versions.diff")} />
    </Card>
  );
}

function VersionActions({ template, shown }: { template: Template; shown: Template }) {
  const { t } = useTranslation("templates");
  const navigate = useNavigate({ from: "/templates/$templateId" });
  const refusal = useRefusal("templates.manage", template.project);
  const change = useChangeTemplate();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  if (shown.version === template.version) return null;
  const { name, description, tags, project, spec, parameters } = shown;
  const restore = () =>
    change.mutate(
      {
        key: template.id,
        ...{ name, description, tags, project, spec, parameters },
        version: template.version,
      },
      {
        onSuccess: ({ version }) => {
          toast.done(t("versions.restored", { old: shown.version, version }));
          void navigate({ search: { tab: "versions" } });
        },
        onError: (error) => toast.failed(title(error), detail(error)),
      },
    );
  return (
    <span className="flex gap-2 py-2">
      <ButtonLink
        to="/templates/$templateId/run"
        params={{ templateId: template.id }}
        search={{ version: shown.version }}
        size="sm"
        icon={Play}
      >
        {t("run.open")}
      </ButtonLink>
      <Button
        size="sm"
        icon={RotateCcw}
        busy={change.isPending}
        disabledReason={refusal}
        onClick={restore}
      >
        {t("versions.restore")}
      </Button>
    </span>
  );
}
