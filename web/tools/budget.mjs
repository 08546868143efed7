/** Fails when the built UI is heavier than the budget: sizes are gzip bytes of what is fetched. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const KIB = 1024;
const OUT = join(dirname(fileURLToPath(import.meta.url)), "../../src/hodei/ui");
const manifest = JSON.parse(readFileSync(join(OUT, ".vite/manifest.json"), "utf8"));

const FIRST = { js: 190 * KIB, css: 15 * KIB, fonts: 55 * 1000 };
const TOTAL_JS = 620 * KIB;
/** What a page may add to the first load, by feature; what is shared with nobody counts fully. */
const LAZY = { logs: 25, "job-detail": 30, "job-form": 45, terminal: 95, other: 40 };

const gzipped = (file) => gzipSync(readFileSync(join(OUT, file)), { level: 9 }).length;

/** The files that importing `key` fetches: itself and its static imports. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const inner of manifest[key].imports ?? []) closure(inner, seen);
  return seen;
}

const scripts = (keys) =>
  [...new Set([...keys].map((key) => manifest[key].file))].filter((file) => file.endsWith(".js"));
const styles = (keys) => [...new Set([...keys].flatMap((key) => manifest[key].css ?? []))];
const sum = (files, size = gzipped) => files.reduce((total, file) => total + size(file), 0);

const problems = [];
function check(name, size, limit) {
  const over = size > limit;
  console.log(
    `${over ? "OVER " : "     "}${name.padEnd(44)} ${(size / KIB).toFixed(1).padStart(7)} KiB of ${(limit / KIB).toFixed(0)}`,
  );
  if (over) problems.push(name);
}

const shell = closure("index.html");
const dashboard = Object.keys(manifest).find((key) =>
  key.endsWith("features/dashboard/pages/DashboardPage.tsx"),
);
const home = new Set([...shell, ...(dashboard === undefined ? [] : closure(dashboard))]);
check("first load of /, scripts", sum(scripts(home)), FIRST.js);
check("first load of /, styles", sum(styles(home)), FIRST.css);
const assets = readdirSync(join(OUT, "assets"));
const fonts = assets.filter((file) => file.endsWith(".woff2")).map((file) => join("assets", file));
check(
  "fonts",
  sum(fonts, (file) => statSync(join(OUT, file)).size),
  FIRST.fonts,
);

const pages = Object.keys(manifest).filter((key) =>
  /features\/[^/]+\/pages\/\w+Page\.tsx$/.test(key),
);
for (const key of pages) {
  if (key === dashboard) continue;
  const feature = key.match(/features\/([^/]+)\//)[1];
  // Charts (uPlot) are fetched once and shared by every page that draws.
  const own = scripts(closure(key)).filter(
    (file) => !scripts(home).includes(file) && !/uplot|charts/i.test(file),
  );
  check(key.replace(/^.*features\//, ""), sum(own), (LAZY[feature] ?? LAZY.other) * KIB);
}
check(
  "all scripts",
  sum(assets.filter((file) => file.endsWith(".js")).map((file) => join("assets", file))),
  TOTAL_JS,
);
if (problems.length > 0) {
  console.error(`over budget: ${problems.join(", ")}`);
  process.exit(1);
}
