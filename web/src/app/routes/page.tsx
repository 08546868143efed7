/** The options of a route whose page is `features/<feature>/pages/<page>.tsx`. */
import { notFound } from "@tanstack/react-router";
import { hasPage, lazyPage, preloadPage } from "@/app/pages";

export function pageOptions(feature: string, page: string) {
  const exists = hasPage(feature, page);
  return {
    component: exists ? lazyPage(feature, page) : undefined,
    loader: async () => {
      if (!exists) throw notFound();
      await preloadPage(feature, page);
    },
  };
}
