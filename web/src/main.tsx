/** Starts the web UI: words first, then the router. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { onSignInNeeded, queryClient } from "@/api/queryClient";
import { router } from "@/app/router";
import { Toasts } from "@/app/Toasts";
import { startI18n } from "@/i18n/i18n";
import { watchPreferences } from "@/lib/preferences";
import "@/styles/index.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
watchPreferences();
onSignInNeeded(() => {
  const { pathname, href } = router.state.location;
  if (pathname !== "/sign-in") void router.navigate({ to: "/sign-in", search: { next: href } });
});
await startI18n();
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
