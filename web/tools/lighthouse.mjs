/**
 * Runs Lighthouse (mobile) over five pages of a running server and compares with the bars.
 * Usage: node tools/lighthouse.mjs URL [--fill] [--runs N]; --fill submits what the pages are to
 * show: 1,000 jobs and one with a million lines. The run of the middle performance counts.
 */
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [address, ...options] = process.argv.slice(2);
if (address === undefined) {
  console.error("usage: scripts/web lighthouse URL [--fill] [--runs N]");
  process.exit(2);
}
const runs = options.includes("--runs") ? Number(options[options.indexOf("--runs") + 1]) : 1;
const api = `${address.replace(/\/$/, "")}/api/v1`;

const LINES = 1_000_000;
const MANY = 1000;
const SCRIPT = `
import sys
for first in range(1, ${LINES}, 10000):
    sys.stdout.write("".join(f"2026-11-26T10:00:00Z INFO step {n} of the work\\n"
                             for n in range(first, first + 10000)))
`;
const SCORES = { performance: 90, accessibility: 100, "best-practices": 95 };
const TIMES = {
  "largest-contentful-paint": ["LCP", 2500],
  "total-blocking-time": ["TBT", 150],
  "cumulative-layout-shift": ["CLS", 0.05],
};

async function ask(path, body) {
  const init = { method: "POST", headers: { "content-type": "application/json" } };
  const answer = await fetch(api + path, body && { ...init, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function finished(id) {
  for (;;) {
    const job = await ask(`/jobs/${id}`);
    if (job.finished_at !== null) return job;
    await new Promise((on) => setTimeout(on, 500));
  }
}

/** A job with a long log, and a thousand others. */
async function fill() {
  const long = await ask("/jobs", {
    name: "million",
    command: { type: "python", script: SCRIPT },
  });
  await finished(long.id);
  const jobs = Array.from({ length: MANY }, (_, n) => ({
    name: `job ${n}`,
    command: { type: "shell", script: n % 7 === 0 ? "echo no; exit 3" : "echo ok" },
  }));
  const { job_ids: ids } = await ask("/jobs:bulk", { jobs });
  await finished(ids.at(-1));
}

async function measure(url, port) {
  const found = [];
  for (let run = 0; run < runs; run += 1) {
    const { lhr } = await lighthouse(url, {
      port,
      onlyCategories: Object.keys(SCORES),
      logLevel: "error",
    });
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    found.push(lhr);
  }
  found.sort((a, b) => a.categories.performance.score - b.categories.performance.score);
  return found[found.length >> 1];
}

if (options.includes("--fill")) await fill();
const [job] = (await ask("/jobs?q=million&limit=1&counts=0")).items;
if (job === undefined) throw new Error("the server has no job named million: add --fill");

const chrome = await launch({
  chromePath: "/usr/bin/chromium",
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"],
  logLevel: "error",
});
const missed = [];
try {
  for (const path of ["/", "/jobs", "/jobs/new", `/jobs/${job.id}`, `/jobs/${job.id}/logs`]) {
    const { categories, audits } = await measure(new URL(path, address).href, chrome.port);
    const name = path.replace(job.id, ":id");
    const scores = Object.entries(SCORES).map(([key, bar]) => {
      const score = Math.round(categories[key].score * 100);
      if (score < bar) missed.push(`${name}: ${key} ${score} of ${bar}`);
      return `${key} ${score}`;
    });
    const times = Object.entries(TIMES).map(([key, [short, bar]]) => {
      const value = audits[key].numericValue;
      if (value > bar) missed.push(`${name}: ${short} ${audits[key].displayValue}`);
      return `${short} ${audits[key].displayValue}`;
    });
    console.log(`${name.padEnd(16)} ${[...scores, ...times].join("  ")}`);
    for (const { auditRefs } of Object.values(categories)) {
      for (const { id, weight } of auditRefs) {
        const { score, title, scoreDisplayMode } = audits[id];
        const failed = weight > 0 && score !== null && score < 0.9;
        if (failed && scoreDisplayMode === "binary") console.log(`  ${id}: ${title}`);
      }
    }
  }
} finally {
  chrome.kill();
}
if (missed.length > 0) {
  console.error(`missed: ${missed.join(", ")}`);
  process.exit(1);
}
