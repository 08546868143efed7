/** The root of all routes: everything that has the shell around it, and what has not. */
import { createRootRoute, createRoute, Outlet } from "@tanstack/react-router";
import { ErrorPage } from "@/app/ErrorPage";
import { NotFoundPage } from "@/app/NotFoundPage";
import { Shell } from "@/app/Shell";

export const rootRoute = createRootRoute({
  component: Outlet,
  errorComponent: ErrorPage,
  notFoundComponent: () => (
    <Shell>
      <NotFoundPage />
    </Shell>
  ),
});

export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
  errorComponent: ErrorPage,
  notFoundComponent: NotFoundPage,
});
