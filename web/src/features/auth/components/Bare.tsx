/** The frame of pages without the shell: a narrow column under the product's name. */
import type { ReactNode } from "react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

export function Bare({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · Hodei`;
  }, [title]);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center px-4 py-12">
      <div className="flex items-center gap-2.5 pb-8">
        <img src="/icon.svg" alt="" width={28} height={28} />
        <span className="text-xl font-semibold tracking-[-0.02em]">{t("product")}</span>
      </div>
      <h1 className="pb-5 text-2xl [overflow-wrap:anywhere]">{title}</h1>
      {children}
    </main>
  );
}
