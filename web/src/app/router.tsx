/** All routes of the product, and how the router treats addresses and scrolling. */
import { createRouter } from "@tanstack/react-router";
import { auditRoute } from "./routes/audit";
import { dashboardRoute } from "./routes/dashboard";
import { jobRoute } from "./routes/job";
import { jobLogsRoute } from "./routes/job-logs";
import { newJobRoute } from "./routes/job-new";
import { jobTerminalRoute } from "./routes/job-terminal";
import { jobsRoute } from "./routes/jobs";
import { metricsRoute } from "./routes/metrics";
import { providerRoute } from "./routes/provider";
import { newProviderRoute } from "./routes/provider-new";
import { providersRoute } from "./routes/providers";
import { queueRoute } from "./routes/queue";
import { rootRoute, shellRoute } from "./routes/root";
import {
  editScheduleRoute,
  newScheduleRoute,
  scheduleRoute,
  schedulesRoute,
} from "./routes/schedules";
import { settingsRoute } from "./routes/settings";
import { setupRoute } from "./routes/setup";
import { signInRoute } from "./routes/sign-in";
import { templateRoute } from "./routes/template";
import { editTemplateRoute } from "./routes/template-edit";
import { newTemplateRoute } from "./routes/template-new";
import { runTemplateRoute } from "./routes/template-run";
import { templatesRoute } from "./routes/templates";
import { workerRoute } from "./routes/worker";
import { workersRoute } from "./routes/workers";

const routeTree = rootRoute.addChildren([
  shellRoute.addChildren([
    dashboardRoute,
    jobsRoute,
    newJobRoute,
    jobRoute,
    jobLogsRoute,
    jobTerminalRoute,
    templatesRoute,
    newTemplateRoute,
    templateRoute,
    editTemplateRoute,
    runTemplateRoute,
    providersRoute,
    newProviderRoute,
    providerRoute,
    metricsRoute,
    workersRoute,
    workerRoute,
    schedulesRoute,
    newScheduleRoute,
    scheduleRoute,
    editScheduleRoute,
    queueRoute,
    auditRoute,
    settingsRoute,
  ]),
  signInRoute,
  setupRoute,
]);

export const router = createRouter({
  routeTree,
  scrollRestoration: true,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 30_000,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
