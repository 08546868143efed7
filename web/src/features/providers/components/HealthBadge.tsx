/** Whether a provider works, in one word with an icon. */
import { CircleCheck, CircleDashed, CirclePause, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { Badge, type Tone } from "@/components/ui/Badge";

type Kind = "healthy" | "unhealthy" | "unchecked" | "disabled";

export function healthOf(provider: Pick<Provider, "enabled" | "health">): Kind {
  if (!provider.enabled) return "disabled";
  if (provider.health.checked_at === null) return "unchecked";
  return provider.health.ok ? "healthy" : "unhealthy";
}

const LOOKS = {
  healthy: { icon: CircleCheck, tone: "good" },
  unhealthy: { icon: CircleX, tone: "bad" },
  unchecked: { icon: CircleDashed, tone: "neutral" },
  disabled: { icon: CirclePause, tone: "neutral" },
} as const satisfies Record<Kind, { icon: typeof CircleX; tone: Tone }>;

export function HealthBadge({ provider }: { provider: Pick<Provider, "enabled" | "health"> }) {
  const { t } = useTranslation("providers");
  const kind = healthOf(provider);
  const { icon, tone } = LOOKS[kind];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`health.${kind}`)}
    </Badge>
  );
}
