/** A whole line that is too long for the console, as text that can be read and copied. */
import { useTranslation } from "react-i18next";
import { Copy } from "@/components/ui/Copy";
import { Dialog } from "@/components/ui/Dialog";
import { formatBytes, formatNumber } from "@/lib/format";
import type { Line } from "../model/line";

export default function LineDialog({ line, onClose }: { line: Line; onClose(): void }) {
  const { t, i18n } = useTranslation("logs");
  const number = formatNumber(line.n, i18n.language);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("line.title", { number })}
      description={formatBytes(line.m.length, i18n.language)}
      className="max-w-4xl"
      footer={<Copy text={line.m} what={t("line.what")} />}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable */}
      <pre tabIndex={0} className="font-mono text-xs break-all whitespace-pre-wrap">
        {line.m}
      </pre>
    </Dialog>
  );
}
