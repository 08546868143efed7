/** Shows what is about to be pasted, to be read, changed or dropped. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { Textarea } from "@/components/ui/Input";
import { formatNumber } from "@/lib/format";
import { asOneLine, lineCount } from "../model/paste";

type PasteDialogProps = { text: string; onPaste(text: string): void; onClose(): void };

export default function PasteDialog({ text: given, onPaste, onClose }: PasteDialogProps) {
  const { t, i18n } = useTranslation("terminal");
  const [text, setText] = useState(given);
  const count = lineCount(text);
  const several = given !== "";
  const shut = (open: boolean) => {
    if (!open) onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={shut}
      title={
        several
          ? t("paste.title", { count, formatted: formatNumber(count, i18n.language) })
          : t("paste.empty")
      }
      description={t(several ? "paste.warning" : "paste.by")}
      footer={
        <>
          <Button onClick={() => onPaste(asOneLine(text))} disabled={text === ""}>
            {t("paste.oneLine")}
          </Button>
          <Button look="primary" onClick={() => onPaste(text)} disabled={text === ""}>
            {t("paste.paste")}
          </Button>
        </>
      }
    >
      <Field label={t("paste.text")}>
        <Textarea
          rows={8}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="max-h-64 font-mono text-sm"
        />
      </Field>
    </Dialog>
  );
}
