/** Which types of provider this server can have: those installed, and those it lacks. */
import { CircleCheck, CircleSlash, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { ButtonLink } from "@/components/ui/Link";
import { useRefusal } from "@/components/ui/refusal";
import { useOffered } from "../hooks/data";
import { useTypeName } from "./TypeName";

type Props = { types: Schemas["ProviderTypes"]; counts: ReadonlyMap<string, number> };

/** In the order in which people look for them. */
const ORDER = ["docker", "kubernetes", "firecracker", "process"];
const rank = (type: string) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length);

export function TypeList({ types, counts }: Props) {
  const { t } = useTranslation("providers");
  const offered = useOffered(types, (type) => counts.has(type));
  const rows = [
    ...offered.map(({ type, description }) => ({ type, text: description, installed: true })),
    ...types.missing.map(({ type }) => ({ type, text: "", installed: false })),
  ].sort((a, b) => rank(a.type) - rank(b.type));
  return (
    <Card id="types" title={t("types.title")} flush>
      <ul className="divide-y divide-hairline border-t border-hairline">
        {rows.map((row) => (
          <TypeRow key={row.type} {...row} count={counts.get(row.type) ?? 0} />
        ))}
      </ul>
    </Card>
  );
}

type RowProps = { type: string; text: string; installed: boolean; count: number };

function TypeRow({ type, text, installed, count }: RowProps) {
  const { t } = useTranslation("providers");
  const name = useTypeName()(type);
  const refusal = useRefusal("providers.manage");
  const look = { size: "sm", icon: Plus, "aria-label": t("types.addOf", { name }) } as const;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {name}
          <Badge tone={installed ? "good" : "neutral"} icon={installed ? CircleCheck : CircleSlash}>
            {t(installed ? "types.installed" : "types.missing")}
          </Badge>
        </p>
        <p className="text-sm text-muted">
          <TypeText type={type} fallback={text} />
          {installed && ` ${t("types.count", { count })}`}
        </p>
        {!installed && <p className="mt-1 text-sm text-muted">{t("types.howTo", { type })}</p>}
      </div>
      {installed &&
        (refusal === undefined ? (
          <ButtonLink to="/providers/new" search={{ type }} {...look}>
            {t("types.add")}
          </ButtonLink>
        ) : (
          <Button disabledReason={refusal} {...look}>
            {t("types.add")}
          </Button>
        ))}
    </li>
  );
}

/** What jobs run in, with a provider of this type. */
export function TypeText({ type, fallback = "" }: { type: string; fallback?: string }): ReactNode {
  const { t, i18n } = useTranslation("providers");
  const key = `typeText.${type}`;
  return i18n.exists(key, { ns: "providers" }) ? t(key as never) : fallback;
}
