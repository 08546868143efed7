/** Which feature pages exist: routes and navigation ask here, so that no link leads nowhere. */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { loadNamespaces } from "@/i18n/i18n";

type PageModule = { default: ComponentType };

const found = import.meta.glob<PageModule>("../features/*/pages/*Page.tsx");
const components = new Map<string, LazyExoticComponent<ComponentType>>();

const pathOf = (feature: string, page: string) => `../features/${feature}/pages/${page}.tsx`;

/** Whether `features/<feature>/pages/<page>.tsx` is there. */
export const hasPage = (feature: string, page: string): boolean => pathOf(feature, page) in found;

/** Fetches a page's code and words; safe to call again, and ahead of time. */
export async function preloadPage(feature: string, page: string): Promise<PageModule> {
  const load = found[pathOf(feature, page)];
  if (load === undefined) throw new Error(`there is no page ${feature}/${page}`);
  const [module] = await Promise.all([load(), loadNamespaces([feature])]);
  return module;
}

/** The page as a component that suspends until its code and words are there. */
export function lazyPage(feature: string, page: string): LazyExoticComponent<ComponentType> {
  const key = `${feature}/${page}`;
  let component = components.get(key);
  if (component === undefined) {
    component = lazy(() => preloadPage(feature, page));
    components.set(key, component);
  }
  return component;
}
