/** The settings: one section at a time, named in the address. */
import { getRouteApi, Link, notFound } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Page } from "@/components/ui/Page";
import { Profile } from "../components/Profile";
import { System } from "../components/System";

const route = getRouteApi("/shell/settings/$section");

const SECTIONS = { profile: Profile, system: System } as const;
type Section = keyof typeof SECTIONS;

const isSection = (name: string): name is Section => name in SECTIONS;

export default function SettingsPage() {
  const { t } = useTranslation("settings");
  const { section } = route.useParams();
  if (!isSection(section)) throw notFound();
  const Shown = SECTIONS[section];
  return (
    <Page title={`${t(`section.${section}`)} · ${t("title")}`} heading={t("title")} narrow>
      <nav aria-label={t("title")} className="mb-5 flex gap-1 border-b border-hairline">
        {(Object.keys(SECTIONS) as Section[]).map((name) => (
          <Link
            key={name}
            to="/settings/$section"
            params={{ section: name }}
            className="-mb-px flex h-11 items-center border-b-2 border-transparent px-3 font-medium text-muted -outline-offset-2 hover:text-text data-[status=active]:border-brand data-[status=active]:text-text"
          >
            {t(`section.${name}`)}
          </Link>
        ))}
      </nav>
      <Shown />
    </Page>
  );
}
