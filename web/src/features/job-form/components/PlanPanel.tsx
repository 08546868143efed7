/** What would happen to the job now: where it would run, how soon, and why not elsewhere. */
import { CircleCheck, CircleX, Hourglass, type LucideIcon } from "lucide-react";
import { useContext } from "react";
import { useTranslation } from "react-i18next";
import { Rejections, sentence } from "@/components/placement/Rejections";
import { Button } from "@/components/ui/Button";
import { Loading, Skeleton } from "@/components/ui/feedback";
import { Said } from "@/components/ui/Said";
import { cn } from "@/lib/cn";
import { formatDuration, formatNumber } from "@/lib/format";
import { FormContext } from "../hooks/form";
import type { Plan, PlanState } from "../hooks/plan";

type Verdict = "runs" | "waits" | "refused";

const LOOKS: Record<Verdict, { icon: LucideIcon; colour: string }> = {
  runs: { icon: CircleCheck, colour: "text-succeeded" },
  waits: { icon: Hourglass, colour: "text-timeout" },
  refused: { icon: CircleX, colour: "text-failed" },
};

export const verdictOf = (plan: Plan): Verdict => {
  if (!plan.accepted) return "refused";
  return plan.provider === null ? "waits" : "runs";
};

/** The verdict in one line, for the bar with the button. */
export function PlanLine({ state }: { state: PlanState }) {
  const { t } = useTranslation("job-form");
  if (state.kind !== "known") {
    return <span className="text-muted">{t(PENDING[state.kind])}</span>;
  }
  const verdict = verdictOf(state.plan);
  const { icon: Icon, colour } = LOOKS[verdict];
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Icon size={16} aria-hidden className={cn("shrink-0", colour)} />
      <span className="truncate">
        {t(`plan.${verdict}`, { provider: state.plan.provider?.name })}
      </span>
    </span>
  );
}

const PENDING = {
  incomplete: "plan.incomplete",
  asking: "plan.wait",
  failed: "plan.failed",
} as const;

export function PlanPanel({ state }: { state: PlanState }) {
  const { t } = useTranslation("job-form");
  if (state.kind === "asking") {
    return (
      <Loading className="flex flex-col gap-2">
        <Skeleton className="h-5 w-2/3" />
        <Skeleton className="h-5 w-full" />
      </Loading>
    );
  }
  if (state.kind !== "known") return <p className="text-muted">{t(PENDING[state.kind])}</p>;
  return <Known plan={state.plan} />;
}

function Known({ plan }: { plan: Plan }) {
  const { t, i18n } = useTranslation("job-form");
  const verdict = verdictOf(plan);
  const { icon: Icon, colour } = LOOKS[verdict];
  const forecast =
    plan.predicted_wait_ms === null
      ? t("plan.startUnknown")
      : t("plan.start", { length: formatDuration(plan.predicted_wait_ms, i18n.language) });
  return (
    <div className="flex flex-col gap-3">
      <p className="flex items-start gap-2 font-medium">
        <Icon size={16} aria-hidden className={cn("mt-0.5 shrink-0", colour)} />
        <span className="min-w-0 [overflow-wrap:anywhere]">
          {t(`plan.${verdict}`, { provider: plan.provider?.name })}
        </span>
      </p>
      {verdict === "runs" && (
        <p className="text-muted">
          {plan.warm && `${t("plan.warm")} `}
          {forecast}
        </p>
      )}
      {verdict !== "refused" && plan.ahead > 0 && (
        <p className="text-muted">
          {t("plan.ahead", {
            count: plan.ahead,
            formatted: formatNumber(plan.ahead, i18n.language),
          })}
        </p>
      )}
      <Rejections
        items={plan.rejections}
        title={t(verdict === "runs" ? "plan.others" : "plan.asked")}
      />
      {verdict === "refused" && plan.rejections.length === 0 && (
        <p className="text-muted">
          <Said text={plan.reason} as={sentence} />
        </p>
      )}
      <DropImage plan={plan} />
    </div>
  );
}

/** The usual slip on a machine without containers, mended in one click where there is a form. */
function DropImage({ plan }: { plan: Plan }) {
  const { t } = useTranslation("job-form");
  const form = useContext(FormContext);
  const helps =
    form !== null &&
    plan.provider === null &&
    form.values.image !== "" &&
    plan.rejections.some(({ kind }) => kind === "no_images");
  if (!helps) return null;
  return (
    <Button size="sm" className="self-start" onClick={() => form.set("image", "")}>
      {t("plan.dropImage")}
    </Button>
  );
}
