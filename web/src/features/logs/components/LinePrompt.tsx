/** Asks for the number of a line to go to. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { formatNumber } from "@/lib/format";

type LinePromptProps = {
  total: number;
  onClose(): void;
  onGo(line: number): void;
};

export default function LinePrompt({ total, onClose, onGo }: LinePromptProps) {
  const { t, i18n } = useTranslation("logs");
  const [text, setText] = useState("");
  const line = Number(text);
  const valid = Number.isInteger(line) && line >= 1 && line <= total;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    onGo(line);
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      title={t("goTo.title")}
      description={t("goTo.hint", { total: formatNumber(total, i18n.language) })}
      className="max-w-sm"
    >
      <form onSubmit={submit} className="flex gap-2 pt-1 pl-0.5">
        <input
          inputMode="numeric"
          pattern="[0-9]*"
          aria-label={t("goTo.title")}
          value={text}
          onChange={(event) => setText(event.target.value.trim())}
          className="h-9 min-w-0 flex-1 rounded-control border border-control bg-surface px-3 pointer-coarse:h-11"
        />
        <Button type="submit" look="primary" disabled={!valid}>
          {t("goTo.go")}
        </Button>
      </form>
    </Dialog>
  );
}
