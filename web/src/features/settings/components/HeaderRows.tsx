/** Headers that each message carries; stored values are kept and never shown. */
import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/Button";
import { Input } from "@/components/ui/Input";
import { type HeaderRow, newHeader } from "../model/webhook";

type Props = {
  rows: readonly HeaderRow[];
  onChange(rows: readonly HeaderRow[]): void;
  error: string | undefined;
};

export function HeaderRows({ rows, onChange, error }: Props) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const change = (id: number, part: Partial<HeaderRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  return (
    <fieldset>
      <legend className="pb-1.5 text-sm font-medium">{t("webhooks.headers")}</legend>
      <div className="flex flex-col gap-2">
        {rows.map(({ id, name, value, kept }, index) => (
          <div key={id} className="flex items-center gap-2">
            <Input
              aria-label={t("webhooks.headerName", { row: index + 1 })}
              value={name}
              readOnly={kept}
              placeholder="Authorization"
              autoCapitalize="off"
              onChange={(event) => change(id, { name: event.target.value })}
            />
            <Input
              aria-label={t("webhooks.headerValue", { row: index + 1 })}
              type="password"
              autoComplete="off"
              value={value}
              placeholder={kept ? t("webhooks.headerKept") : ""}
              onChange={(event) => change(id, { value: event.target.value })}
            />
            <IconButton
              icon={X}
              label={common("action.remove", { what: name || t("webhooks.header") })}
              onClick={() => onChange(rows.filter((row) => row.id !== id))}
            />
          </div>
        ))}
      </div>
      {error !== undefined && <p className="pt-1.5 text-sm text-failed">{error}</p>}
      <Button
        size="sm"
        icon={Plus}
        className="mt-2"
        onClick={() => onChange([...rows, newHeader()])}
      >
        {t("webhooks.headerAdd")}
      </Button>
    </fieldset>
  );
}
