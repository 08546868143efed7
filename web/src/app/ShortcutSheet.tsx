/** The list of all keys that do something now. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/components/ui/Dialog";
import { usePreferences } from "@/lib/preferences";
import { activeShortcuts, type Shortcut } from "@/lib/shortcuts";

const GROUPS = ["page", "everywhere", "go"] as const;
const NAMES: Readonly<Record<string, string>> = { mod: "Ctrl", Escape: "Esc", ArrowUp: "↑" };

function Keys({ keys }: { keys: string }) {
  const { t } = useTranslation();
  const parts = keys.split(" ").map((part) => part.split("+"));
  return (
    <span className="flex items-center gap-1.5 text-sm text-subtle">
      {parts.map((chord, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same key may come twice
        <span key={index} className="flex items-center gap-1">
          {index > 0 && <span className="mr-0.5">{t("shortcuts.then")}</span>}
          {chord.map((key) => (
            <kbd
              key={key}
              className="min-w-6 rounded-sm border border-hairline bg-raised px-1.5 text-center font-sans text-xs leading-5 text-text"
            >
              {NAMES[key] ?? key}
            </kbd>
          ))}
        </span>
      ))}
    </span>
  );
}

export default function ShortcutSheet({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const { shortcuts: on } = usePreferences();
  const [all] = useState<Shortcut[]>(activeShortcuts);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("shortcuts.title")}
      {...(on ? {} : { description: t("shortcuts.off") })}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls has to take the keyboard */}
      <section tabIndex={0} aria-label={t("shortcuts.title")}>
        {GROUPS.map((group) => {
          const entries = all.filter((one) => (one.group ?? "page") === group);
          if (entries.length === 0) return null;
          return (
            <div key={group} className="mb-4">
              <h3 className="pb-1 text-sm text-subtle">{t(`shortcuts.${group}`)}</h3>
              <ul>
                {entries.map((one) => (
                  <li
                    key={one.keys}
                    className="flex min-h-9 items-center justify-between gap-4 border-b border-hairline"
                  >
                    {one.label}
                    <Keys keys={one.keys} />
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </section>
    </Dialog>
  );
}
