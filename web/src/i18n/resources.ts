/** The words of the product: which namespaces there are and how each one is fetched. */
import type audit from "@/features/audit/i18n/en.json";
import type auth from "@/features/auth/i18n/en.json";
import type dashboard from "@/features/dashboard/i18n/en.json";
import type jobDetail from "@/features/job-detail/i18n/en.json";
import type jobForm from "@/features/job-form/i18n/en.json";
import type jobs from "@/features/jobs/i18n/en.json";
import type logs from "@/features/logs/i18n/en.json";
import type metrics from "@/features/metrics/i18n/en.json";
import type providers from "@/features/providers/i18n/en.json";
import type queue from "@/features/queue/i18n/en.json";
import type schedules from "@/features/schedules/i18n/en.json";
import type settings from "@/features/settings/i18n/en.json";
import type templates from "@/features/templates/i18n/en.json";
import type terminal from "@/features/terminal/i18n/en.json";
import type workers from "@/features/workers/i18n/en.json";
import type common from "./common/en.json";

export type Resources = {
  common: typeof common;
  audit: typeof audit;
  auth: typeof auth;
  dashboard: typeof dashboard;
  "job-detail": typeof jobDetail;
  "job-form": typeof jobForm;
  jobs: typeof jobs;
  logs: typeof logs;
  metrics: typeof metrics;
  providers: typeof providers;
  queue: typeof queue;
  schedules: typeof schedules;
  settings: typeof settings;
  templates: typeof templates;
  terminal: typeof terminal;
  workers: typeof workers;
};

export type Words = { [key: string]: string | Words };

type JsonModule = { default: Words };

// A build fetches words as data, which costs a browser less than a script; the development server
// and tests import them, so that a change of words is seen at once.
const files: Record<string, string> = import.meta.env.PROD
  ? import.meta.glob<string>(["./common/*.json", "../features/*/i18n/*.json"], {
      query: "?url",
      import: "default",
      eager: true,
    })
  : {};
const modules: Record<string, () => Promise<JsonModule>> = import.meta.env.PROD
  ? {}
  : import.meta.glob<JsonModule>(["./common/*.json", "../features/*/i18n/*.json"]);

/** What a file of words holds. */
export async function fetchFile<T>(file: string): Promise<T> {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  return answer.json();
}

/** The words of one namespace in `en` or `es`. */
export async function fetchWords(namespace: string, language: string): Promise<Words> {
  const folder = namespace === "common" ? "./common" : `../features/${namespace}/i18n`;
  const path = `${folder}/${language}.json`;
  const file = files[path];
  if (file !== undefined) return fetchFile<Words>(file);
  const load = modules[path];
  if (load === undefined) throw new Error(`no words for ${namespace} in ${language}`);
  return (await load()).default;
}
