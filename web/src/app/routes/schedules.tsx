/** `/schedules` and below: what runs by itself. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { newSchema, oneSchema } from "@/features/schedules/search";

export const schedulesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/schedules",
  ...pageOptions("schedules", "SchedulesPage"),
});

export const newScheduleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/schedules/new",
  validateSearch: newSchema,
  ...pageOptions("schedules", "NewSchedulePage"),
});

export const scheduleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/schedules/$scheduleId",
  validateSearch: oneSchema,
  ...pageOptions("schedules", "SchedulePage"),
});

export const editScheduleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/schedules/$scheduleId/edit",
  ...pageOptions("schedules", "EditSchedulePage"),
});
