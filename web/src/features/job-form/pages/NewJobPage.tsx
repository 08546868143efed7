/** `/jobs/new`: a job from nothing, from an example, from a draft, or from another job. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { jobQuery } from "@/api/queries/jobs";
import { providersQuery } from "@/api/queries/providers";
import { queryClient } from "@/api/queryClient";
import { storedSpec } from "@/api/spec";
import { Button } from "@/components/ui/Button";
import { Banner, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { formatMoment } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { JobForm } from "../components/JobForm";
import type { Form } from "../hooks/form";
import { draftKey, loadDraft } from "../model/draft";
import { type Example, exampleOf, isExample } from "../model/examples";
import { valuesOf } from "../model/spec";
import { DEFAULTS, type FormValues } from "../model/values";

const route = getRouteApi("/shell/jobs/new");

export const first = () => queryClient.ensureQueryData(providersQuery());

type Start = { values: FormValues; draftAt: number | null; secrets: boolean };

export default function NewJobPage() {
  const { t } = useTranslation("job-form");
  const { from, template } = route.useSearch();
  const source = useQuery({ ...jobQuery(from ?? ""), enabled: from !== undefined });
  const providers = useQuery(providersQuery());
  const name = source.data?.name;
  const title = name === undefined ? t("title") : t("copyTitle", { name });
  // Which examples can keep their image is known with the providers.
  const waits = from !== undefined ? source.isPending : providers.isPending;
  return (
    <Page title={title} back={{ to: "/jobs", label: t("title") }}>
      {source.isError && <ErrorState error={source.error} onRetry={() => void source.refetch()} />}
      {waits && <FormSkeleton />}
      {!waits && !source.isError && (
        <Start
          key={`${from ?? ""}/${template ?? ""}`}
          from={from}
          copied={source.data === undefined ? undefined : valuesOf(storedSpec(source.data))}
          name={name}
          example={isExample(template) ? template : undefined}
          images={
            providers.data?.items.some((p) => p.enabled && p.capabilities?.images === true) ?? true
          }
        />
      )}
    </Page>
  );
}

type StartProps = {
  from: string | undefined;
  copied: FormValues | undefined;
  name: string | undefined;
  example: Example | undefined;
  images: boolean;
};

function Start({ from, copied, name, example, images }: StartProps) {
  const { t } = useTranslation("job-form");
  const [start] = useState((): Start => startOf(from, copied, example, images));
  const [stage, setStage] = useState<"start" | "fresh">("start");
  const notice = (discard: () => void, form: Form) => {
    if (stage === "fresh") return null;
    if (start.draftAt !== null) {
      const afresh = () => {
        discard();
        form.replace(copied ?? DEFAULTS);
        setStage("fresh");
      };
      return <DraftBanner at={start.draftAt} secrets={start.secrets} onDiscard={afresh} />;
    }
    if (name === undefined) return null;
    return (
      <Banner>
        {t("draft.copied", { name })} {start.secrets && t("draft.secrets")}
      </Banner>
    );
  };
  return <JobForm initial={start.values} from={from} notice={notice} />;
}

function startOf(
  from: string | undefined,
  copied: FormValues | undefined,
  example: Example | undefined,
  images: boolean,
): Start {
  const secretsOf = (values: FormValues) => values.env.some(({ kind }) => kind === "secret");
  if (example !== undefined) {
    return { values: exampleOf(example, images), draftAt: null, secrets: false };
  }
  const draft = loadDraft(localStorage, draftKey(from));
  if (draft !== null) return { values: draft.values, draftAt: draft.at, secrets: draft.secrets };
  const values = copied ?? DEFAULTS;
  return { values, draftAt: null, secrets: secretsOf(values) };
}

type DraftProps = { at: number; secrets: boolean; onDiscard: () => void };

function DraftBanner({ at, secrets, onDiscard }: DraftProps) {
  const { t, i18n } = useTranslation("job-form");
  const { zone } = usePreferences();
  return (
    <Banner
      action={
        <Button size="sm" onClick={onDiscard}>
          {t("draft.discard")}
        </Button>
      }
    >
      {t("draft.restored", { when: formatMoment(at, i18n.language, zone) })}{" "}
      {secrets && t("draft.secrets")}
    </Banner>
  );
}

const FormSkeleton = () => (
  <Loading className="flex max-w-3xl flex-col gap-4">
    {[160, 360, 240, 320].map((height) => (
      <div key={height} style={{ height }}>
        <Skeleton className="h-full w-full" />
      </div>
    ))}
  </Loading>
);
