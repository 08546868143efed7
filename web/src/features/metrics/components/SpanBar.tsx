/** Which range of time the page is about, and the numbers as a file. */
import { useNavigate } from "@tanstack/react-router";
import { CalendarRange, Download } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { buttonStyle } from "@/components/ui/button-style";
import { SegmentedControl } from "@/components/ui/Tabs";
import { csvAddress } from "../model/query";
import type { Preset, Span } from "../model/span";
import { type MetricsSearch, RANGES } from "../search";

// The form and what it floats on weigh more than the rest of the bar.
const CustomDays = lazy(() => import("./CustomDays"));

type Props = { span: Span; search: MetricsSearch };

export function SpanBar({ span, search }: Props) {
  const { t } = useTranslation("metrics");
  const navigate = useNavigate();
  return (
    <>
      <SegmentedControl<Preset | "">
        label={t("range.label")}
        value={"range" in span ? span.range : ""}
        onChange={(range) => {
          if (range !== "") void navigate({ to: "/metrics", search: { range } });
        }}
        options={RANGES.map((value) => ({ value, label: t(`range.${value}`) }))}
        className="w-full sm:w-auto"
      />
      <Suspense
        fallback={
          <Button icon={CalendarRange} className="font-normal">
            {t("range.custom")}
          </Button>
        }
      >
        <CustomDays span={span} search={search} />
      </Suspense>
      <a href={csvAddress(span)} download className={buttonStyle({ look: "secondary" })}>
        <Download size={16} aria-hidden />
        CSV
      </a>
    </>
  );
}
