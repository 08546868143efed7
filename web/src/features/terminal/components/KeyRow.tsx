/** The keys that the keyboard of a phone lacks. */
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import { KEYS, type Key } from "../model/keys";

const ARROWS: Partial<Record<Key, LucideIcon>> = {
  left: ArrowLeft,
  up: ArrowUp,
  down: ArrowDown,
  right: ArrowRight,
};

type KeyRowProps = { ctrl: boolean; onKey(key: Key): void; disabled: boolean };

export function KeyRow({ ctrl, onKey, disabled }: KeyRowProps) {
  const { t } = useTranslation("terminal");
  return (
    <div
      role="toolbar"
      aria-label={t("keys.label")}
      className="hidden gap-1 border-t border-hairline bg-surface p-1 pb-[max(0.25rem,env(safe-area-inset-bottom))] pointer-coarse:flex"
    >
      {KEYS.map((key) => {
        const Icon = ARROWS[key];
        return (
          <button
            key={key}
            type="button"
            disabled={disabled}
            aria-label={Icon && t(`keys.${key}`)}
            aria-pressed={key === "ctrl" ? ctrl : undefined}
            // The terminal keeps the focus, and with it the keyboard stays.
            onPointerDown={(event) => event.preventDefault()}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onKey(key)}
            className={cn(
              "grid h-11 min-w-11 flex-1 place-items-center rounded-control bg-raised font-mono text-sm text-text disabled:opacity-50",
              key === "ctrl" && ctrl && "bg-brand text-white",
            )}
          >
            {Icon === undefined ? t(`keys.${key}`) : <Icon size={16} aria-hidden />}
          </button>
        );
      })}
    </div>
  );
}
