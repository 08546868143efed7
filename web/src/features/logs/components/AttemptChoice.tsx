/** Which attempt's log is shown; there is nothing to choose while there was only one. */
import { useTranslation } from "react-i18next";
import type { Viewer } from "../hooks/useViewer";
import type { Change } from "../model/settings";

export function AttemptChoice({ viewer, onChange }: { viewer: Viewer; onChange: Change }) {
  const { t } = useTranslation("logs");
  const attempts = viewer.job?.attempts ?? [];
  if (attempts.length < 2) return null;
  const newest = attempts.at(-1)?.number;
  return (
    <select
      aria-label={t("attempt.label")}
      value={viewer.attempt}
      onChange={(event) => {
        const chosen = Number(event.target.value);
        onChange({ attempt: chosen === newest ? undefined : chosen }, "push");
      }}
      className="h-8 shrink-0 rounded-control border border-hairline bg-console px-2 text-xs pointer-coarse:h-11"
    >
      {attempts.map(({ number }) => (
        <option key={number} value={number}>
          {t(number === newest ? "attempt.newest" : "attempt.one", { number })}
        </option>
      ))}
    </select>
  );
}
