/** A span of time: one of the usual ones, or from one day to another. */
import { CalendarRange } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatDay } from "@/lib/format";
import { serverNow } from "@/live/clock";
import { Button } from "./Button";
import { Field } from "./Field";
import { Input } from "./Input";
import { Popover } from "./Menu";

/** Days as YYYY-MM-DD, or RFC 3339 moments; undefined is open. */
export type Range = { from?: string | undefined; to?: string | undefined };

const HOUR = 3_600_000;
const PRESETS = [
  ["last24h", 24 * HOUR],
  ["last7d", 7 * 24 * HOUR],
  ["last30d", 30 * 24 * HOUR],
] as const;

/** To the minute, so that the address of a preset does not change with each click. */
const moment = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}:00Z`;

function useRangeText(): (range: Range) => string {
  const { t, i18n } = useTranslation();
  return ({ from, to }) => {
    const now = serverNow();
    const day = (at: string | undefined) =>
      at === undefined
        ? "…"
        : // A bare day is one of UTC, as the server counts it, wherever one looks from.
          formatDay(Date.parse(at), now, i18n.language, at.length === 10 ? "utc" : "local");
    if (from === undefined && to === undefined) return t("date.any");
    return t("date.custom", { from: day(from), to: day(to) });
  };
}

type DateRangeProps = { label: string; value: Range; onChange(range: Range): void };

export function DateRange({ label, value, onChange }: DateRangeProps) {
  const { t } = useTranslation();
  const text = useRangeText();
  const [open, setOpen] = useState(false);
  const choose = (range: Range) => {
    setOpen(false);
    onChange(range);
  };
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label={label}
      trigger={
        <Button
          icon={CalendarRange}
          className="font-normal"
          aria-label={`${label}: ${text(value)}`}
        >
          {text(value)}
        </Button>
      }
    >
      <div className="flex w-64 flex-col gap-3">
        <div className="flex flex-col">
          <Button look="quiet" className="justify-start" onClick={() => choose({})}>
            {t("date.any")}
          </Button>
          {PRESETS.map(([name, ms]) => (
            <Button
              key={name}
              look="quiet"
              className="justify-start"
              onClick={() => choose({ from: moment(serverNow() - ms) })}
            >
              {t(`date.${name}`)}
            </Button>
          ))}
        </div>
        <DayFields value={value} onApply={choose} />
      </div>
    </Popover>
  );
}

const day = (at: string | undefined) => at?.slice(0, 10) ?? "";

function DayFields({ value, onApply }: { value: Range; onApply(range: Range): void }) {
  const { t } = useTranslation();
  const [from, setFrom] = useState(day(value.from));
  const [to, setTo] = useState(day(value.to));
  return (
    <form
      className="flex flex-col gap-3 border-t border-hairline pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        onApply({ from: from || undefined, to: to || undefined });
      }}
    >
      <Field label={t("date.from")}>
        <Input
          type="date"
          value={from}
          max={to}
          onChange={(event) => setFrom(event.target.value)}
        />
      </Field>
      <Field label={t("date.to")}>
        <Input type="date" value={to} min={from} onChange={(event) => setTo(event.target.value)} />
      </Field>
      <Button type="submit" look="primary">
        {t("action.apply")}
      </Button>
    </form>
  );
}
