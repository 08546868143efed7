/** Starts the web UI: words first, then the router. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { meQuery } from "@/api/queries/system";
import { askWhoAsks, onSignInNeeded, queryClient } from "@/api/queryClient";
import { router } from "@/app/router";
import { Toasts } from "@/app/Toasts";
import { startI18n } from "@/i18n/i18n";
import { watchPreferences } from "@/lib/preferences";
import { liveSocket } from "@/live/socket";
import "@/styles/index.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
watchPreferences();

/** A server that is slow to say who asks holds up no page for longer than this. */
const PATIENCE_MS = 1_000;

function toSignIn(): void {
  const { pathname, href } = router.state.location;
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
  const late = new Promise<undefined>((done) => setTimeout(done, PATIENCE_MS));
  const me = await Promise.race([asked, late]);
  if (me?.sign_in.required && me.owner === "") toSignIn();
}

onSignInNeeded(toSignIn);
// A server that ends a session closes what is open: the socket falls before anything is asked.
liveSocket.watch(() => {
  if (liveSocket.mode === "reconnecting") askWhoAsks();
});
await Promise.all([startI18n(), meetWhoAsks()]);
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Suspense>
        <RouterProvider router={router} />
      </Suspense>
      <Toasts />
    </QueryClientProvider>
  </StrictMode>,
);
