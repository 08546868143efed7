/** The keys of the viewer. */
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useShortcuts } from "@/lib/shortcuts";
import { nextTo } from "../data/find";
import { type LineRange, picked } from "../model/permalink";
import { type LevelName, type Settings, TIMES } from "../model/settings";
import type { Search } from "./useSearch";
import type { Viewer } from "./useViewer";

type Options = {
  viewer: Viewer;
  settings: Settings;
  search: Search;
  range: LineRange | undefined;
  input: RefObject<HTMLInputElement | null>;
  onChange(change: Partial<Settings>, how: "push" | "replace"): void;
  onRange(range: LineRange): void;
  onCopyLink(): void;
  onAskLine(): void;
  onDownload(): void;
};

export function useLogKeys(options: Options): void {
  const { viewer, settings, search, range, input, onChange, onRange } = options;
  const { t } = useTranslation("logs");
  const { session, dispatch, goTo, cursor, topLine } = viewer;
  const here = () => cursor ?? topLine.current;

  const level = (name: LevelName, direction: 1 | -1) => () => {
    const { jobId, attempt } = viewer;
    const { stream } = settings;
    void nextTo({ jobId, attempt, stream, levels: [name] }, here(), direction).then(
      (line) => line !== undefined && goTo(line),
      () => undefined, // the bar says that the server is away
    );
  };
  const move = (by: 1 | -1, extend: boolean) => () => {
    const total = viewer.base?.store.total ?? 0;
    const from = range === undefined ? topLine.current - by : extend ? range.last : range.first;
    const line = Math.min(Math.max(1, from + by), total);
    onRange(picked(line, extend, range?.first));
    goTo(line);
  };
  const find = () => {
    input.current?.focus();
    input.current?.select();
  };
  const time = () => {
    const next = TIMES[(TIMES.indexOf(settings.times) + 1) % TIMES.length] ?? "off";
    onChange({ times: next }, "replace");
  };
  const key = (keys: string, label: string, run: () => void) =>
    ({ keys, label, group: "page", run }) as const;

  useShortcuts([
    key("/", t("key.search"), find),
    // Pressed again within the field it is the browser's own search.
    {
      ...key("mod+f", t("key.search"), find),
      when: () => input.current !== null && input.current !== document.activeElement,
    },
    key("n", t("key.next"), () => search.step(1)),
    key("N", t("key.previous"), () => search.step(-1)),
    key("e", t("key.error"), level("ERROR", 1)),
    key("E", t("key.errorBack"), level("ERROR", -1)),
    key("w", t("key.warn"), level("WARN", 1)),
    key("W", t("key.warnBack"), level("WARN", -1)),
    key("f", t("key.follow"), () => dispatch({ type: session.follow ? "unfollow" : "follow" })),
    key("p", t("key.pause"), () =>
      dispatch({ type: session.frozen === undefined ? "pause" : "resume" }),
    ),
    key("z", t("key.wrap"), () => onChange({ wrap: !settings.wrap }, "replace")),
    key("t", t("key.time"), time),
    key(":", t("key.line"), options.onAskLine),
    key("y", t("key.link"), options.onCopyLink),
    key("d", t("key.download"), options.onDownload),
    key("j", t("key.down"), move(1, false)),
    key("k", t("key.up"), move(-1, false)),
    key("J", t("key.downMore"), move(1, true)),
    key("K", t("key.upMore"), move(-1, true)),
    key("Home", t("key.top"), () => viewer.goToEnd("top")),
    key("End", t("key.bottom"), () => viewer.goToEnd("bottom")),
  ]);
}
