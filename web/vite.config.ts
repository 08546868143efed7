/** How the web UI is built: into the Python package, hashed, with precompressed siblings. */
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { early } from "./tools/early.ts";
import { precompress } from "./tools/precompress.ts";

const server = process.env.HODEI_SERVER ?? "http://127.0.0.1:8080";
/** What nearly every page is made of, and what the first page cannot do without. */
const KIT =
  /src\/(app\/(?!(AccountMenu|AppearanceMenus|MoreSheet|Palette|ShortcutSheet)\.)|i18n\/\w+\.ts|early|features\/[^/]+\/search\.|features\/logs\/model\/settings|components\/(account|ui\/(Badge|Button|Card|Chip|edges|ConnectionDot|Copy|Fab|Field|Input|LazyAlertDialog|Link|Page|PasswordInput|RowList|Stale|StatusBadge|Time|Tooltip|button-style|feedback|refusal|toast)\.)|lib|live|api)/;
const BASE =
  /node_modules\/(react|react-dom|scheduler|@tanstack\/(react-router|router-core|history|react-query|query-core|store|react-store)|i18next|react-i18next|clsx|tailwind-merge|class-variance-authority|openapi-fetch|use-sync-external-store|zod)\//;

export default defineConfig({
  plugins: [react(), tailwindcss(), early(), precompress()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    // Host stays ours: the server takes writes only from the origin that it was asked under.
    proxy: { "/api": { target: server, ws: true } },
  },
  build: {
    outDir: "../src/hodei/ui",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // An icon is smaller than what a file of its own costs; what every page needs is packed
        // better in one.
        codeSplitting: {
          // What a group's modules need and others need too stays a file of its own.
          includeDependenciesRecursively: false,
          groups: [
            { name: "icons", test: /lucide-react/ },
            { name: "base", test: (id) => BASE.test(id) || id.includes("preload-helper") },
            { name: "kit", test: KIT },
            { name: "choices", test: /components\/ui\/(arrows|Radio|RadioCards|Tabs|Toggle)\./ },
            { name: "sayings", test: /components\/(placement|ui\/Said)/ },
            { name: "lines", test: /features\/logs\/components\/(LineDialog|LinePrompt)\./ },
            // Many small windows of one page each: together they cost less than apart.
            { name: "settings", test: /features\/settings\/(components|hooks|model)/ },
            { name: "auth", test: /features\/auth\/(components|model|pages)/ },
          ],
        },
      },
    },
  },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    maxWorkers: 2,
    isolate: false, // files share a worker: what a test changes it puts back
    projects: [
      {
        extends: true,
        test: {
          name: "model",
          environment: "node",
          include: ["src/**/*.test.ts"],
          exclude: ["src/**/*.dom.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "dom",
          environment: "happy-dom",
          include: ["src/**/*.test.tsx", "src/**/*.dom.test.ts"],
          setupFiles: ["src/testing/setup.ts"],
        },
      },
    ],
  },
});
