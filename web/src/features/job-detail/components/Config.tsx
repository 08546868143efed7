/** The second tab: everything that was asked for, as the server keeps it. */
import { Braces } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type StoredSpec, storedSpec } from "@/api/spec";
import { CodeView } from "@/components/code/CodeView";
import { Button } from "@/components/ui/Button";
import { Card, Facts } from "@/components/ui/Card";
import { copyText } from "@/components/ui/Copy";
import { toast } from "@/components/ui/toast";
import { formatBytes, formatDuration, formatNumber } from "@/lib/format";
import type { Job } from "../model/timeline";
import { EnvTable, Labels } from "./ConfigTables";
import { PreferenceFacts } from "./PreferenceFacts";

const MIB = 1024 * 1024;

export default function Config({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const spec = storedSpec(job);
  const digest = job.attempts.at(-1)?.image_digest ?? "";
  const copy = () =>
    void copyText(JSON.stringify(spec, null, 2)).then(() => toast.done(t("config.copied")));
  return (
    <div className="flex flex-col gap-4">
      <Card
        id="command"
        title={`${t("config.command")} · ${t(`config.type.${spec.command.type}`)}`}
        actions={
          <Button size="sm" look="quiet" icon={Braces} onClick={copy} className="-mr-2">
            {t("config.json")}
          </Button>
        }
      >
        <CommandView spec={spec} />
      </Card>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <Card id="environment" title={t("config.environment")}>
            <Facts
              facts={[
                [t("config.image"), spec.image ?? t("config.noImage")],
                ...(digest === ""
                  ? []
                  : [[t("config.digest"), <Code key="d">{digest}</Code>] as const]),
                [
                  t("config.workingDir"),
                  spec.working_dir === null ? (
                    t(spec.image === null ? "config.workingDirWorker" : "config.workingDirOwn")
                  ) : (
                    <Code key="w">{spec.working_dir}</Code>
                  ),
                ],
                [
                  t("config.network"),
                  t(spec.network === "none" ? "config.networkNone" : "config.networkDefault"),
                ],
              ]}
            />
            <h3 className="mt-4 mb-2 text-muted">{t("config.env")}</h3>
            <EnvTable env={spec.env} />
          </Card>
          {Object.keys(spec.labels).length > 0 && (
            <Card id="labels" title={t("config.labels")}>
              <Labels labels={spec.labels} />
            </Card>
          )}
          {spec.stdin !== "" && (
            <Card id="stdin" title={t("config.stdin")}>
              <CodeView
                code={spec.stdin}
                language="plain"
                label={t("config.stdin")}
                className="max-h-60"
              />
            </Card>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Card id="resources" title={t("config.resources")}>
            <Facts facts={useResourceFacts(spec)} />
          </Card>
          <Card id="preferences" title={t("config.preferences")}>
            <PreferenceFacts spec={spec} />
          </Card>
        </div>
      </div>
    </div>
  );
}

const Code = ({ children }: { children: ReactNode }) => (
  <code className="font-mono text-sm">{children}</code>
);

function CommandView({ spec }: { spec: StoredSpec }) {
  const { t } = useTranslation("job-detail");
  const { command } = spec;
  if (command.type === "exec") {
    return (
      <ol
        aria-label={t("config.argv")}
        className="flex max-h-96 flex-wrap gap-2 overflow-auto rounded-control bg-console p-3 font-mono text-console-text text-sm"
      >
        {command.argv.map((word, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: arguments are told apart by their place
          <li key={index} className="rounded-sm bg-[#ffffff14] px-1.5 [overflow-wrap:anywhere]">
            {word === "" ? "\u00a0" : word}
          </li>
        ))}
      </ol>
    );
  }
  return (
    <CodeView
      code={command.script}
      language={command.type}
      label={t("config.command")}
      className="max-h-120"
    />
  );
}

function useResourceFacts(spec: StoredSpec): [string, ReactNode][] {
  const { t, i18n } = useTranslation("job-detail");
  const { resources } = spec;
  const size = (mb: number) => formatBytes(mb * MIB, i18n.language);
  const time = (ms: number) => (
    <span title={`${formatNumber(ms, i18n.language)} ms`}>{formatDuration(ms, i18n.language)}</span>
  );
  return [
    [t("config.cpu"), formatNumber(resources.cpu, i18n.language, 2)],
    [t("config.memory"), size(resources.memory_mb)],
    [
      t("config.storage"),
      resources.storage_mb === 0 ? t("config.storageOwn") : size(resources.storage_mb),
    ],
    [t("config.timeout"), time(spec.timeout_ms)],
    [t("config.grace"), time(spec.grace_ms)],
    [
      t("config.gpus"),
      resources.gpus === 0 ? t("config.none") : formatNumber(resources.gpus, i18n.language),
    ],
    [t("config.architecture"), resources.architecture ?? t("config.any")],
  ];
}
