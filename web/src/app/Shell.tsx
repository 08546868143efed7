/** The frame of every page: navigation, the live connection, what floats above. */
import { useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { ConnectionDot } from "@/components/ui/ConnectionDot";
import { Fab } from "@/components/ui/Fab";
import { PageBar } from "@/components/ui/Page";
import { navigationBegins, navigationEnds } from "@/lib/a11y";
import { useWide } from "@/lib/media";
import { useShortcuts } from "@/lib/shortcuts";
import { liveSocket } from "@/live/socket";
import { BottomNav } from "./BottomNav";
import { Notes } from "./Notes";
import { canCreateJobs, navItems } from "./nav";
import { Sidebar } from "./Sidebar";

const Palette = lazy(() => import("./Palette"));
const ShortcutSheet = lazy(() => import("./ShortcutSheet"));

/** Pages that have the whole screen on phones: no bottom bar, no round button. */
const FULL_SCREEN = /^\/jobs\/[^/]+\/(logs|terminal)$/;
const WITH_FAB = /^\/(jobs)?$/;

function useFocusOnArrival(): void {
  const router = useRouter();
  useEffect(() => {
    const leave = [
      router.subscribe("onBeforeNavigate", ({ pathChanged, fromLocation }) => {
        if (pathChanged && fromLocation !== undefined) navigationBegins();
      }),
      router.subscribe("onRendered", ({ pathChanged, fromLocation }) => {
        if (pathChanged && fromLocation !== undefined) navigationEnds();
      }),
    ];
    return () => {
      for (const one of leave) one();
    };
  }, [router]);
}

function useGlobalShortcuts(openPalette: () => void, openSheet: () => void): void {
  const { t } = useTranslation();
  const navigate = useNavigate();
  useShortcuts([
    { keys: "mod+k", label: t("shortcuts.palette"), group: "everywhere", run: openPalette },
    { keys: "?", label: t("shortcuts.sheet"), group: "everywhere", run: openSheet },
    ...(canCreateJobs
      ? [
          {
            keys: "c",
            label: t("nav.newJob"),
            group: "everywhere" as const,
            run: () => void navigate({ to: "/jobs/new" }),
          },
        ]
      : []),
    ...navItems.map((item) => ({
      keys: `g ${item.key}`,
      label: t(`nav.${item.name}`),
      group: "go" as const,
      run: () => void navigate({ to: item.to }),
    })),
  ]);
}

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [palette, setPalette] = useState(false);
  const [sheet, setSheet] = useState(false);
  const path = useLocation({ select: (location) => location.pathname });
  const fullScreen = FULL_SCREEN.test(path);
  useFocusOnArrival();
  useGlobalShortcuts(
    () => setPalette(true),
    () => setSheet(true),
  );
  const wide = useWide();
  useEffect(() => liveSocket.start(), []);
  const bar = (
    <>
      <ConnectionDot />
      <IconButton icon={Search} label={t("nav.search")} onClick={() => setPalette(true)} />
    </>
  );
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="fixed top-2 left-2 z-70 -translate-y-16 rounded-control bg-brand px-4 py-2 font-medium text-white focus:translate-y-0"
      >
        {t("skip")}
      </a>
      {wide && <Sidebar onSearch={() => setPalette(true)} />}
      <div className="flex min-w-0 flex-1 flex-col">
        <Notes />
        <PageBar value={bar}>
          <main id="main" tabIndex={-1} className="min-w-0 flex-1">
            {children}
            {canCreateJobs && WITH_FAB.test(path) && <Fab to="/jobs/new" label={t("nav.newJob")} />}
          </main>
        </PageBar>
      </div>
      {!wide && !fullScreen && <BottomNav />}
      <Suspense>
        {palette && (
          <Palette onClose={() => setPalette(false)} onShortcuts={() => setSheet(true)} />
        )}
        {sheet && <ShortcutSheet onClose={() => setSheet(false)} />}
      </Suspense>
    </div>
  );
}
