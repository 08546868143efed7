/** The state of a worker: an icon, a word and a colour. */
import {
  CircleCheck,
  CircleDashed,
  CircleOff,
  LoaderCircle,
  type LucideIcon,
  Power,
  WifiOff,
  Wrench,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { WorkerState as State } from "@/api/queries/workers";
import { Badge, type Tone } from "@/components/ui/Badge";

const LOOKS: Readonly<Record<State, { icon: LucideIcon; tone: Tone }>> = {
  REQUESTED: { icon: CircleDashed, tone: "neutral" },
  PROVISIONING: { icon: Wrench, tone: "neutral" },
  STARTING: { icon: LoaderCircle, tone: "neutral" },
  READY: { icon: CircleCheck, tone: "good" },
  BUSY: { icon: LoaderCircle, tone: "info" },
  SILENT: { icon: WifiOff, tone: "bad" },
  TERMINATING: { icon: Power, tone: "warn" },
  GONE: { icon: CircleOff, tone: "neutral" },
};

export const WORKER_STATES = Object.keys(LOOKS) as State[];

export function WorkerState({ state }: { state: State }) {
  const { t } = useTranslation();
  const { icon, tone } = LOOKS[state];
  return (
    <Badge icon={icon} tone={tone} className="h-6">
      {t(`workerState.${state}`)}
    </Badge>
  );
}
