/** How an action ended: an icon, a word and a colour. */
import { Ban, Check, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { AuditEntry } from "@/api/queries/audit";
import { Badge } from "@/components/ui/Badge";

const LOOKS = {
  ok: { tone: "good", icon: Check },
  denied: { tone: "warn", icon: Ban },
  failed: { tone: "bad", icon: X },
} as const;

export function ResultBadge({ result }: { result: AuditEntry["result"] }) {
  const { t } = useTranslation("audit");
  return <Badge {...LOOKS[result]}>{t(`result.${result}`)}</Badge>;
}
