/** The menus of theme and language. */
import { Languages, type LucideIcon, Monitor, Moon, Sun } from "lucide-react";
import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import { Menu, MenuRadio } from "@/components/ui/Menu";
import { switchLanguage } from "@/i18n/i18n";
import { LANGUAGES, type Language } from "@/i18n/language";
import { setPreference, THEMES, usePreferences } from "@/lib/preferences";

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

export default function AppearanceMenus() {
  return (
    <>
      <ThemeMenu />
      <LanguageMenu />
    </>
  );
}

function ThemeMenu() {
  const { t } = useTranslation();
  const { theme } = usePreferences();
  const label = t("nav.theme");
  return (
    <Menu
      label={label}
      align="start"
      trigger={<FootButton icon={THEME_ICONS[theme]} label={label} />}
    >
      <MenuRadio
        value={theme}
        onChange={(next) => setPreference("theme", next)}
        options={THEMES.map((one) => ({
          value: one,
          label: t(`theme.${one}`),
          icon: THEME_ICONS[one],
        }))}
      />
    </Menu>
  );
}

function LanguageMenu() {
  const { t, i18n } = useTranslation();
  const label = t("nav.language");
  return (
    <Menu label={label} align="start" trigger={<FootButton icon={Languages} label={label} />}>
      <MenuRadio<Language>
        value={i18n.language as Language}
        onChange={(next) => void switchLanguage(next)}
        options={LANGUAGES.map((one) => ({ value: one, label: t(`language.${one}`) }))}
      />
    </Menu>
  );
}

type FootButtonProps = ComponentProps<"button"> & { icon: LucideIcon; label: string };

/** A menu's trigger: the menu hands on its own attributes. */
const FootButton = ({ icon: Icon, label, ...rest }: FootButtonProps) => (
  <button
    type="button"
    {...rest}
    aria-label={label}
    title={label}
    className="grid size-9 place-items-center rounded-control text-muted transition-colors hover:bg-raised hover:text-text pointer-coarse:size-11"
  >
    <Icon size={18} aria-hidden strokeWidth={1.75} />
  </button>
);
