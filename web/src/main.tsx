/** Starts the web UI: words first, then the router. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { meQuery } from "@/api/queries/system";
import { askWhoAsks, onSignInNeeded, queryClient } from "@/api/queryClient";
import { opened } from "@/app/pages";
import { router } from "@/app/router";
import { Toasts } from "@/app/Toasts";
import { rememberStranger } from "@/early/frame";
import { startI18n } from "@/i18n/i18n";
import { watchPreferences } from "@/lib/preferences";
import { liveSocket } from "@/live/socket";
import "@/styles/index.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
watchPreferences();

/** Neither a server that is slow to say who asks nor a slow page holds up the frame for longer. */
const PATIENCE_MS = 1_000;

const late = () => new Promise<undefined>((done) => setTimeout(done, PATIENCE_MS));

function toSignIn(): void {
  // Where it is going, which may be to sign in already.
  const { pathname, href } = router.latestLocation;
  const me = queryClient.getQueryData(meQuery().queryKey);
  // While the first user is being made, nobody can sign in yet.
  if (pathname === "/sign-in" || (pathname === "/setup" && me?.setup_needed)) return;
  const over = me?.via === "session";
  const search = over ? ({ next: href, reason: "expired" } as const) : { next: href };
  void router.navigate({ to: "/sign-in", search });
}

/** Who asks, before a page asks for anything else: a stranger's would all be refused. */
async function meetWhoAsks(): Promise<void> {
  const asked = queryClient.ensureQueryData(meQuery()).catch(() => undefined);
  const me = await Promise.race([asked, late()]);
  if (me === undefined) return;
  const stranger = me.sign_in.required && me.owner === "";
  rememberStranger(stranger);
  if (stranger) toSignIn();
}

onSignInNeeded(toSignIn);
// A server that ends a session closes what is open: the socket falls before anything is asked.
liveSocket.watch(() => {
  if (liveSocket.mode === "reconnecting") askWhoAsks();
});

/** Draws once, whole: a page that came after its frame would wait until React shows it. */
async function start(into: HTMLElement): Promise<void> {
  await Promise.all([startI18n(), meetWhoAsks()]);
  await Promise.race([router.load(), late()]);
  opened();
  startTransition(() =>
    createRoot(into).render(
      <StrictMode>
        <QueryClientProvider client={queryClient}>
          <Suspense>
            <RouterProvider router={router} />
          </Suspense>
          <Toasts />
        </QueryClientProvider>
      </StrictMode>,
    ),
  );
}

// Not awaited here: pages import what is in this file's chunk, and would wait for it for ever.
void start(root);
