/** The command palette: pages, jobs by name or id, and actions. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import {
  Keyboard,
  Languages,
  Layers,
  type LucideIcon,
  Play,
  Plus,
  Search,
  SunMoon,
} from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useDeferredValue, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import { templatesQuery } from "@/api/queries/templates";
import { StatusIcon } from "@/components/ui/StatusBadge";
import { switchLanguage } from "@/i18n/i18n";
import { shortId } from "@/lib/format";
import { setPreference, shownTheme } from "@/lib/preferences";
import {
  canCreateJobs,
  canCreateTemplates,
  hasSettings,
  navItems,
  settingsIcon,
  toSettings,
} from "./nav";

type PaletteProps = { onClose(): void; onShortcuts(): void };

const item =
  "flex h-10 cursor-pointer items-center gap-3 rounded-control px-3 data-[selected=true]:bg-raised pointer-coarse:h-12";

type EntryProps = { icon?: LucideIcon; value: string; onSelect(): void; children: ReactNode };

const Entry = ({ icon: Icon, value, onSelect, children }: EntryProps) => (
  <Command.Item value={value} onSelect={onSelect} className={item}>
    {Icon && <Icon size={16} aria-hidden className="shrink-0 text-muted" />}
    {children}
  </Command.Item>
);

function useFoundJobs(query: string) {
  const filters = { q: query, limit: 8, counts: "0" } as const;
  return useQuery({
    queryKey: keys.jobs.list({ palette: query }),
    queryFn: ({ signal }) => unwrap(api.GET("/jobs", { params: { query: filters }, signal })),
    enabled: query.length >= 2,
    placeholderData: (before) => before,
  });
}

export default function Palette({ onClose, onShortcuts }: PaletteProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const [chosen, choose] = useState("");
  const asked = useDeferredValue(query.trim());
  const close = (then: () => void) => () => {
    onClose();
    then();
  };
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 animate-appear bg-[rgb(5_8_13/60%)]" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 animate-appear overflow-hidden rounded-sheet bg-surface shadow-float"
        >
          <Dialog.Title className="sr-only">{t("palette.title")}</Dialog.Title>
          <Command label={t("palette.title")} loop value={chosen} onValueChange={choose}>
            <div className="flex items-center gap-3 border-b border-hairline px-4">
              <Search size={18} aria-hidden className="shrink-0 text-subtle" />
              <Command.Input
                autoFocus
                value={query}
                onValueChange={setQuery}
                placeholder={t("palette.placeholder")}
                className="h-13 min-w-0 flex-1 bg-transparent text-lg outline-none"
              />
            </div>
            <Command.List className="max-h-[min(60dvh,24rem)] overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-subtle">
              <Command.Empty className="px-3 py-8 text-center text-muted">
                {t("palette.empty", { query })}
              </Command.Empty>
              <Jobs query={asked} close={close} choose={choose} />
              <Templates query={asked} close={close} />
              <Pages close={close} />
              <Actions close={close} onShortcuts={onShortcuts} />
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

type Close = (then: () => void) => () => void;

type JobsProps = { query: string; close: Close; choose: (value: string) => void };

function Jobs({ query, close, choose }: JobsProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data } = useFoundJobs(query);
  const nameIn = (job: { name: string; id: string }) => `${query} ${job.name} ${job.id}`;
  const [top] = query.length < 2 ? [] : (data?.items ?? []);
  const first = top && nameIn(top);
  // They come later than what is typed; Enter takes the first of the list all the same.
  useEffect(() => {
    if (first !== undefined) choose(first);
  }, [first, choose]);
  if (query.length < 2 || data === undefined || data.items.length === 0) return null;
  return (
    <Command.Group heading={t("palette.jobs")} forceMount>
      {data.items.map((job) => (
        <Entry
          key={job.id}
          value={nameIn(job)}
          onSelect={close(() => void navigate({ to: "/jobs/$jobId", params: { jobId: job.id } }))}
        >
          <StatusIcon state={job.state} />
          <span className="min-w-0 flex-1 truncate">{job.name}</span>
          <code className="font-mono text-sm text-subtle">{shortId(job.id)}</code>
        </Entry>
      ))}
    </Command.Group>
  );
}

const SHOWN_TEMPLATES = 5;

function Templates({ query, close }: Omit<JobsProps, "choose">) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data } = useQuery({
    ...templatesQuery({ q: query }),
    enabled: canCreateTemplates && query.length >= 2,
    placeholderData: (before) => before,
  });
  if (query.length < 2 || data === undefined || data.items.length === 0) return null;
  return (
    <Command.Group heading={t("nav.templates")} forceMount>
      {data.items.slice(0, SHOWN_TEMPLATES).map(({ id, name }) => {
        const params = { templateId: id };
        return [
          <Entry
            key={id}
            icon={Layers}
            value={`${query} ${name} ${id}`}
            onSelect={close(() => void navigate({ to: "/templates/$templateId", params }))}
          >
            {name}
          </Entry>,
          <Entry
            key={`${id}-run`}
            icon={Play}
            value={`${query} ${t("palette.run", { name })} ${id}`}
            onSelect={close(() => void navigate({ to: "/templates/$templateId/run", params }))}
          >
            {t("palette.run", { name })}
          </Entry>,
        ];
      })}
    </Command.Group>
  );
}

function Pages({ close }: { close: Close }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Command.Group heading={t("palette.pages")}>
      {navItems.map(({ to, name, icon }) => (
        <Entry
          key={name}
          icon={icon}
          value={t(`nav.${name}`)}
          onSelect={close(() => void navigate({ to }))}
        >
          {t(`nav.${name}`)}
        </Entry>
      ))}
      {hasSettings && (
        <Entry
          icon={settingsIcon}
          value={t("nav.settings")}
          onSelect={close(() => void navigate(toSettings))}
        >
          {t("nav.settings")}
        </Entry>
      )}
    </Command.Group>
  );
}

function Actions({ close, onShortcuts }: { close: Close; onShortcuts(): void }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const other = i18n.language === "es" ? "en" : "es";
  const language = t(`language.${other}`);
  return (
    <Command.Group heading={t("palette.actions")}>
      {canCreateJobs && (
        <Entry
          icon={Plus}
          value={t("nav.newJob")}
          onSelect={close(() => void navigate({ to: "/jobs/new" }))}
        >
          {t("nav.newJob")}
        </Entry>
      )}
      {canCreateTemplates && (
        <Entry
          icon={Plus}
          value={t("palette.newTemplate")}
          onSelect={close(() => void navigate({ to: "/templates/new" }))}
        >
          {t("palette.newTemplate")}
        </Entry>
      )}
      <Entry
        icon={SunMoon}
        value={t("palette.toggleTheme")}
        onSelect={close(() => setPreference("theme", shownTheme() === "dark" ? "light" : "dark"))}
      >
        {t("palette.toggleTheme")}
      </Entry>
      <Entry
        icon={Languages}
        value={t("palette.switchLanguage", { language })}
        onSelect={close(() => void switchLanguage(other))}
      >
        {t("palette.switchLanguage", { language })}
      </Entry>
      <Entry icon={Keyboard} value={t("palette.shortcuts")} onSelect={close(onShortcuts)}>
        {t("palette.shortcuts")}
      </Entry>
    </Command.Group>
  );
}
