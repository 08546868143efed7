/** A range of days of one's own. */
import { useNavigate } from "@tanstack/react-router";
import { CalendarRange } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Popover } from "@/components/ui/Menu";
import { formatDay } from "@/lib/format";
import { serverNow } from "@/live/clock";
import type { Span } from "../model/span";
import type { MetricsSearch } from "../search";

type Props = { span: Span; search: MetricsSearch };

export default function CustomDays({ span, search }: Props) {
  const { t, i18n } = useTranslation("metrics");
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const custom = !("range" in span);
  const day = (at: string) => formatDay(Date.parse(at), serverNow(), i18n.language);
  const words = custom
    ? t("range.days", {
        from: day(span.from),
        to: search.to ? day(`${search.to}T12:00`) : t("now"),
      })
    : t("range.custom");
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label={t("range.custom")}
      trigger={
        <Button icon={CalendarRange} aria-pressed={custom} className="font-normal">
          {words}
        </Button>
      }
    >
      <DayForm
        search={search}
        onApply={(from, to) => {
          setOpen(false);
          void navigate({ to: "/metrics", search: { from, to } });
        }}
      />
    </Popover>
  );
}

type FormProps = {
  search: MetricsSearch;
  onApply(from: string, to: string | undefined): void;
};

function DayForm({ search, onApply }: FormProps) {
  const { t } = useTranslation();
  const [from, setFrom] = useState(search.from ?? "");
  const [to, setTo] = useState(search.to ?? "");
  return (
    <form
      className="flex w-64 flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(from, to || undefined);
      }}
    >
      <Field label={t("date.from")} required>
        <Input
          type="date"
          required
          value={from}
          max={to}
          onChange={(event) => setFrom(event.target.value)}
        />
      </Field>
      <Field label={t("date.to")} optional>
        <Input type="date" value={to} min={from} onChange={(event) => setTo(event.target.value)} />
      </Field>
      <Button type="submit" look="primary">
        {t("action.apply")}
      </Button>
    </form>
  );
}
