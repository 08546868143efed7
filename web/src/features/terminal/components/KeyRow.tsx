/** Keys that a phone's keyboard lacks. */
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, type LucideIcon } from "lucide-react";
import type { PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import type { ExtraKey } from "../model/keys";

type Props = { control: boolean; onControl(on: boolean): void; onKey(key: ExtraKey): void };

const ICONS: Partial<Record<ExtraKey, LucideIcon>> = {
  left: ArrowLeft,
  down: ArrowDown,
  up: ArrowUp,
  right: ArrowRight,
};
const KEYS: readonly ExtraKey[] = ["left", "down", "up", "right"];
const style =
  "grid h-11 min-w-11 flex-1 place-items-center rounded-control border border-control bg-surface text-sm font-medium";
/** The focus, and with it the phone's keyboard, stays with the terminal. */
const keepFocus = (event: PointerEvent) => event.preventDefault();

export function KeyRow({ control, onControl, onKey }: Props) {
  const { t } = useTranslation("terminal");
  const key = (name: ExtraKey) => {
    const Icon = ICONS[name];
    return (
      <button
        key={name}
        type="button"
        aria-label={t(`key.${name}`)}
        onPointerDown={keepFocus}
        onClick={() => onKey(name)}
        className={style}
      >
        {Icon === undefined ? t(`key.${name}`) : <Icon size={16} aria-hidden />}
      </button>
    );
  };
  return (
    <div role="toolbar" aria-label={t("key.row")} className="flex gap-1.5 px-2 py-2 lg:hidden">
      {key("esc")}
      {key("tab")}
      <button
        type="button"
        aria-pressed={control}
        onPointerDown={keepFocus}
        onClick={() => onControl(!control)}
        className={cn(style, control && "border-brand bg-brand text-white")}
      >
        {t("key.ctrl")}
      </button>
      {KEYS.map(key)}
    </div>
  );
}
