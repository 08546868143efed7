/**
 * A build step: one small script ahead of all others, which sets the theme and asks for what the
 * page at the address needs. It carries a list of each page's files, so it is made last.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build, type Plugin, type Rolldown } from "vite";
import { FRAMES, type Frame } from "../src/early/frame-looks.ts";
import type { Page, Words } from "../src/early/pages.ts";

const THEME = "theme.js";
const WORDS = /src\/(?:features\/([^/]+)\/i18n|i18n\/(common))\/(en|es)\.json$/;
const ROUTE = /path: "([^"]+)"[\s\S]*?pageOptions\("([^"]+)", "([^"]+)"/g;

const FONT = /\/geist-latin-wght-normal-[\w-]+\.woff2$/;

/** Of code, in characters. */
const HEAVY = 20_000;

type Bundle = Rolldown.OutputBundle;

const chunks = (bundle: Bundle) =>
  Object.values(bundle).filter((one): one is Rolldown.OutputChunk => one.type === "chunk");

/** The chunk and all that it imports, with their styles. */
function closure(bundle: Bundle, file: string, seen = new Set<string>()): Set<string> {
  const chunk = bundle[file];
  if (seen.has(file) || chunk?.type !== "chunk") return seen;
  seen.add(file);
  for (const style of chunk.viteMetadata?.importedCss ?? []) seen.add(style);
  for (const inner of chunk.imports) closure(bundle, inner, seen);
  return seen;
}

/** What the entry imports and takes a phone long to run, each after what it needs itself. */
function heavy(bundle: Bundle, file: string, seen = new Set<string>()): string[] {
  const chunk = bundle[file];
  if (seen.has(file) || chunk?.type !== "chunk") return [];
  seen.add(file);
  const before = chunk.imports.flatMap((inner) => heavy(bundle, inner, seen));
  return chunk.isEntry || chunk.code.length < HEAVY ? before : [...before, `/${file}`];
}

/** The routes, as `src/app/routes` says them. */
function routes(root: string): Omit<Page, "files">[] {
  const folder = join(root, "src/app/routes");
  return readdirSync(folder).flatMap((name) => {
    const source = readFileSync(join(folder, name), "utf8");
    const found = [...source.matchAll(ROUTE)];
    const said = source.match(/\.\.\.pageOptions\(/g)?.length ?? 0;
    if (found.length !== said) throw new Error(`src/app/routes/${name}: a route without its page`);
    return found.map(([, path = "", feature, page]) => ({ path, name: `${feature}/${page}` }));
  });
}

/** What stands at the top of the page before its scripts have come. */
function frameOf(root: string, name: string): Frame | undefined {
  const look = FRAMES[name];
  if (look === undefined) return undefined;
  const [en, es] = ["en", "es"].map((language) => {
    const file = join(root, "src/features", name.split("/")[0] ?? "", `i18n/${language}.json`);
    const { title } = JSON.parse(readFileSync(file, "utf8"));
    if (typeof title !== "string") throw new Error(`${file}: no title`);
    return title;
  });
  return { look, en: en ?? "", es: es ?? "" };
}

/** What is said of a server in development mode, which is known before the words have come. */
function noteOf(root: string): Record<string, string> {
  const said = ["en", "es"].map((language) => {
    const file = join(root, `src/i18n/common/${language}.json`);
    return [language, JSON.parse(readFileSync(file, "utf8")).dev.banner];
  });
  return Object.fromEntries(said);
}

class Table {
  readonly files: string[] = [];

  number(file: string): number {
    const at = this.files.indexOf(file);
    return at < 0 ? this.files.push(file) - 1 : at;
  }
}

function known(bundle: Bundle, root: string) {
  const table = new Table();
  const entry = chunks(bundle).find((chunk) => chunk.isEntry);
  const first = closure(bundle, entry?.fileName ?? "");
  const words: Record<string, { en: number; es: number }> = {};
  for (const file of Object.values(bundle)) {
    const source = file.type === "asset" ? file.originalFileNames[0] : undefined;
    const [, feature, common, language] = WORDS.exec(source ?? "") ?? [];
    const space = feature ?? common;
    if (space === undefined) continue;
    words[space] ??= { en: -1, es: -1 };
    words[space][language as "en" | "es"] = table.number(`/${file.fileName}`);
  }
  if (words.common === undefined) throw new Error("the build has no words");
  const pages = routes(root).flatMap((route): Page[] => {
    const [feature, page] = route.name.split("/");
    const module = `/src/features/${feature}/pages/${page}.tsx`;
    const own = chunks(bundle).find((chunk) => chunk.moduleIds.some((id) => id.endsWith(module)));
    if (own === undefined) return [];
    const files = [...closure(bundle, own.fileName)].filter((file) => !first.has(file));
    const numbers = files.map((file) => table.number(`/${file}`));
    return [{ ...route, files: numbers, frame: frameOf(root, route.name) }];
  });
  return {
    pages,
    files: table.files,
    words: words satisfies Words,
    entry: `/${entry?.fileName}`,
    heavy: heavy(bundle, entry?.fileName ?? ""),
  };
}

async function script(root: string, all: ReturnType<typeof known>) {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    resolve: { alias: { "@": join(root, "src") } },
    publicDir: false,
    define: {
      HODEI_PAGES: JSON.stringify(all.pages),
      HODEI_FILES: JSON.stringify(all.files),
      HODEI_WORDS: JSON.stringify(all.words),
      HODEI_ENTRY: JSON.stringify(all.entry),
      HODEI_NOTE: JSON.stringify(noteOf(root)),
      HODEI_HEAVY: JSON.stringify(all.heavy),
    },
    build: {
      write: false,
      target: "es2022",
      lib: { entry: join(root, "src/early/index.ts"), formats: ["iife"], name: "hodei" },
    },
  });
  const [made] = [built].flat();
  if (made === undefined || !("output" in made)) throw new Error("the first script was not built");
  return made.output[0].code;
}

export function early(): Plugin {
  let root = "";
  return {
    name: "hodei-early",
    apply: "build",
    configResolved(config) {
      root = resolve(config.root);
    },
    generateBundle: {
      order: "post",
      async handler(_options, bundle) {
        const page = bundle["index.html"];
        if (page?.type !== "asset") throw new Error("the build has no index.html");
        const all = known(bundle, root);
        const source = await script(root, all);
        const digest = createHash("sha256").update(source).digest("base64url").slice(0, 8);
        const fileName = `assets/start-${digest}.js`;
        this.emitFile({ type: "asset", fileName, source });
        // The first script runs the others; until then they only come.
        const run = `<script type="module" crossorigin src="${all.entry}"></script>`;
        const come = `<link rel="modulepreload" crossorigin href="${all.entry}">`;
        const font = Object.keys(bundle).find((file) => FONT.test(file));
        if (font === undefined) throw new Error("the build has no font");
        // Fetched beside the styles that name it: the first text is painted in it.
        const letters = `<link rel="preload" as="font" crossorigin href="/${font}">`;
        const html = String(page.source);
        if (!html.includes(run)) throw new Error("index.html runs no script");
        page.source = html
          .replace(`/${THEME}`, `/${fileName}`)
          .replace(run, letters + come)
          // Ahead of them go the styles, with which the frame is painted.
          .replaceAll('rel="modulepreload"', 'rel="modulepreload" fetchpriority="low"');
      },
    },
  };
}
