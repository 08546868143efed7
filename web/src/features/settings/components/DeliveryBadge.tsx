/** How a delivery stands. */
import { CircleCheck, CircleX, Hourglass, RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DeliveryState } from "@/api/queries/webhooks";
import { Badge } from "@/components/ui/Badge";

const LOOKS = {
  pending: { icon: Hourglass, tone: "neutral" },
  failed: { icon: RotateCw, tone: "warn" },
  delivered: { icon: CircleCheck, tone: "good" },
  dead: { icon: CircleX, tone: "bad" },
} as const;

export function DeliveryBadge({ state }: { state: DeliveryState }) {
  const { t } = useTranslation("settings");
  return <Badge {...LOOKS[state]}>{t(`deliveries.state.${state}`)}</Badge>;
}
