/** The frame of a page inside the shell: its title, what it offers, its content. */
import { ArrowLeft } from "lucide-react";
import { createContext, type ReactNode, useContext, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { pageArrives } from "@/lib/a11y";
import { cn } from "@/lib/cn";
import { ButtonLink } from "./Link";

/** What the shell puts into the bar of each page on phones. */
export const PageBar = createContext<ReactNode>(null);

type PageProps = {
  title: string;
  /** Shown in place of the title, when that is more than words. */
  heading?: ReactNode;
  /** Under the title: a sentence, or what belongs to the whole page. */
  intro?: ReactNode;
  actions?: ReactNode;
  /** Where the arrow leads that phones show before the title. */
  back?: { to: string; label: string };
  /** Text and forms read better in a narrow column. */
  narrow?: boolean;
  children: ReactNode;
};

/** Sets the document's title, and the focus on the heading after a change of route. */
function useArrival(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Hodei`;
  }, [title]);
  useEffect(() => pageArrives(heading.current), []);
  return heading;
}

export function Page({ title, heading, intro, actions, back, narrow, children }: PageProps) {
  const { t } = useTranslation();
  const bar = useContext(PageBar);
  const ref = useArrival(title);
  return (
    <div
      className={cn("mx-auto w-full px-4 pb-28 sm:px-6 lg:px-8 lg:pb-16", narrow && "max-w-3xl")}
    >
      <header className="sticky top-0 z-20 -mx-4 flex min-h-14 flex-wrap items-center gap-x-3 border-b border-hairline bg-bg px-4 pt-[env(safe-area-inset-top)] sm:static sm:mx-0 sm:gap-y-3 sm:border-0 sm:px-0 sm:pt-6 sm:pb-5">
        {back && (
          <ButtonLink
            to={back.to}
            look="quiet"
            size="icon"
            aria-label={`${t("nav.back")}: ${back.label}`}
            icon={ArrowLeft}
            className="-ml-2"
          />
        )}
        <div className="min-w-0 flex-1 sm:min-w-56">
          <h1 ref={ref} tabIndex={-1} className="truncate text-lg sm:text-xl">
            {heading ?? title}
          </h1>
        </div>
        {actions && <div className="hidden flex-wrap items-center gap-2 sm:flex">{actions}</div>}
        <div className="flex items-center sm:hidden">{bar}</div>
      </header>
      {intro && <div className="pt-4 text-muted sm:-mt-2 sm:pt-0 sm:pb-5">{intro}</div>}
      {actions && <div className="flex flex-wrap items-center gap-2 pt-4 sm:hidden">{actions}</div>}
      <div className="pt-4 sm:pt-0">{children}</div>
    </div>
  );
}
