/** A build step: writes `.br` and `.gz` beside every text file that shrinks by it. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip, constants as zlib } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = new Set([".js", ".css", ".html", ".svg", ".json", ".txt", ".webmanifest"]);
const WORTH_IT = 1024; // bytes; below it one network packet carries the file anyway
const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

async function files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function compress(path: string): Promise<void> {
  const plain = await readFile(path);
  if (plain.length < WORTH_IT) return;
  const siblings = {
    br: await toBrotli(plain, { params: { [zlib.BROTLI_PARAM_SIZE_HINT]: plain.length } }),
    gz: await toGzip(plain, { level: 9 }),
  };
  for (const [suffix, packed] of Object.entries(siblings)) {
    if (packed.length < plain.length) await writeFile(`${path}.${suffix}`, packed);
  }
}

export function precompress(): Plugin {
  let folder = "";
  return {
    name: "hodei-precompress",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async writeBundle() {
      const found = (await files(folder)).filter((path) => TEXT.has(extname(path)));
      await Promise.all(found.filter((path) => !path.includes("/.vite/")).map(compress));
    },
  };
}
