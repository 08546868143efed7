/** The options of a route whose page is `features/<feature>/pages/<page>.tsx`. */
import { notFound } from "@tanstack/react-router";
import { ErrorPage } from "@/app/ErrorPage";
import { hasPage, lazyPage, openPage } from "@/app/pages";

/** Said without the parameters, which would then be those of every route. */
type Opened = { location: { search: object } };

export function pageOptions(feature: string, page: string) {
  const exists = hasPage(feature, page);
  return {
    component: exists ? lazyPage(feature, page) : undefined,
    errorComponent: ErrorPage, // within the shell: the way to the other pages stays
    loader: async (opened: Opened) => {
      if (!exists) throw notFound();
      const { params = {} } = opened as { params?: object };
      await openPage(feature, page, { params, search: opened.location.search });
    },
  };
}
