/** How the product looks and answers in this browser. */
import { Monitor, Moon, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/Card";
import { SegmentedControl } from "@/components/ui/Tabs";
import { Switch } from "@/components/ui/Toggle";
import { switchLanguage } from "@/i18n/i18n";
import { LANGUAGES, type Language } from "@/i18n/language";
import { DENSITIES, setPreference, THEMES, usePreferences, ZONES } from "@/lib/preferences";

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

type RowProps = { label: string; hint?: string; children: React.ReactNode };

const Row = ({ label, hint, children }: RowProps) => (
  <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-hairline py-3 first:border-0 first:pt-0 last:pb-0">
    <div>
      <p>{label}</p>
      {hint && <p className="text-sm text-muted">{hint}</p>}
    </div>
    {children}
  </div>
);

export function Appearance() {
  const { t, i18n } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { theme, density } = usePreferences();
  return (
    <Card id="appearance" title={t("profile.appearance")}>
      <Row label={t("profile.language")}>
        <SegmentedControl<Language>
          label={t("profile.language")}
          value={i18n.language as Language}
          onChange={(next) => void switchLanguage(next)}
          options={LANGUAGES.map((one) => ({ value: one, label: common(`language.${one}`) }))}
        />
      </Row>
      <Row label={t("profile.theme")}>
        <SegmentedControl
          label={t("profile.theme")}
          value={theme}
          onChange={(next) => setPreference("theme", next)}
          options={THEMES.map((one) => {
            const Icon = THEME_ICONS[one];
            return {
              value: one,
              label: (
                <>
                  <Icon size={14} aria-hidden />
                  {common(`theme.${one}`)}
                </>
              ),
            };
          })}
        />
      </Row>
      <Row label={t("profile.density")}>
        <SegmentedControl
          label={t("profile.density")}
          value={density}
          onChange={(next) => setPreference("density", next)}
          options={DENSITIES.map((one) => ({ value: one, label: t(`profile.${one}`) }))}
        />
      </Row>
    </Card>
  );
}

export function TimeAndKeys() {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { zone, shortcuts } = usePreferences();
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Card id="time" title={t("profile.time")}>
      <Row label={t("profile.zone")} hint={t("profile.zoneHint", { zone: own })}>
        <SegmentedControl
          label={t("profile.zone")}
          value={zone}
          onChange={(next) => setPreference("zone", next)}
          options={ZONES.map((one) => ({ value: one, label: common(`time.${one}`) }))}
        />
      </Row>
      <Row label={t("profile.shortcuts")} hint={t("profile.shortcutsHint")}>
        <Switch
          bare
          label={t("profile.shortcuts")}
          checked={shortcuts}
          onChange={(on) => setPreference("shortcuts", on)}
        />
      </Row>
    </Card>
  );
}
