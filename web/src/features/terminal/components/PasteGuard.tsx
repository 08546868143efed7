/** Shows what is about to be pasted when it would run at once. */
import { useTranslation } from "react-i18next";
import { AlertDialog } from "@/components/ui/AlertDialog";

type Props = { text: string | null; onClose(): void; onPaste(text: string): void };

const SHOWN = 2000;

export default function PasteGuard({ text, onClose, onPaste }: Props) {
  const { t } = useTranslation("terminal");
  if (text === null) return null;
  const lines = text.replace(/\r?\n$/, "").split(/\r\n|\r|\n/).length;
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("paste.title", { count: lines })}
      effect={t("paste.effect")}
      confirm={t("paste.confirm")}
      danger={false}
      onConfirm={() => onPaste(text)}
    >
      <pre className="max-h-60 overflow-auto rounded-control bg-raised p-3 font-mono text-sm [overflow-wrap:anywhere] whitespace-pre-wrap">
        {text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}
      </pre>
    </AlertDialog>
  );
}
