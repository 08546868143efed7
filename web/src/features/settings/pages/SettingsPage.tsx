/** The settings: one section at a time, named in the address. */

import { getRouteApi, Link, notFound } from "@tanstack/react-router";
import { type ComponentType, lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { fadedEdges } from "@/components/ui/edges";
import { Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";

const route = getRouteApi("/shell/settings/$section");

const SECTIONS = {
  profile: lazy(() => import("../components/Profile")),
  tokens: lazy(() => import("../components/Tokens")),
  secrets: lazy(() => import("../components/Secrets")),
  notifications: lazy(() => import("../components/Notifications")),
  users: lazy(() => import("../components/Users")),
  projects: lazy(() => import("../components/Projects")),
  system: lazy(() => import("../components/System")),
} as const satisfies Record<string, ComponentType>;
type Section = keyof typeof SECTIONS;

/** On phones the tabs scroll sideways: the present one must be in sight. */
const intoView = (link: HTMLAnchorElement | null) =>
  link?.scrollIntoView({ block: "nearest", inline: "nearest" });

const isSection = (name: string): name is Section => name in SECTIONS;

export default function SettingsPage() {
  const { t } = useTranslation("settings");
  const { section } = route.useParams();
  if (!isSection(section)) throw notFound();
  const Shown = SECTIONS[section];
  return (
    <Page title={`${t(`section.${section}`)} · ${t("title")}`} heading={t("title")} narrow>
      <nav
        ref={fadedEdges}
        aria-label={t("title")}
        className="-mx-4 mb-5 flex gap-1 overflow-x-auto border-b border-hairline px-4 [scrollbar-width:none] sm:mx-0 sm:px-0"
      >
        {(Object.keys(SECTIONS) as Section[]).map((name) => (
          <Link
            key={name}
            ref={name === section ? intoView : undefined}
            to="/settings/$section"
            params={{ section: name }}
            activeOptions={{ includeSearch: false }}
            className="-mb-px flex h-11 shrink-0 items-center border-b-2 border-transparent px-3 font-medium text-muted -outline-offset-2 hover:text-text data-[status=active]:border-brand data-[status=active]:text-text"
          >
            {t(`section.${name}`)}
          </Link>
        ))}
      </nav>
      <Suspense
        fallback={
          <Loading>
            <Skeleton className="h-64" />
          </Loading>
        }
      >
        <Shown />
      </Suspense>
    </Page>
  );
}
