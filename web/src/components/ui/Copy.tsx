/** Copies a text to the clipboard and says that it did. */
import { Check, Copy as CopyIcon } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { shortId } from "@/lib/format";
import { IconButton } from "./Button";

const SHOWN_MS = 1600;

/** Writes to the clipboard; over plain HTTP browsers only offer the old way. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** `what` names the thing: "job id". */
export function Copy({ text, what }: { text: string; what: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <>
      <IconButton
        size="iconSm"
        icon={copied ? Check : CopyIcon}
        label={t("action.copyOf", { what })}
        onClick={() => void copyText(text).then(() => setCopied(true))}
      />
      <span role="status" className="sr-only">
        {copied ? t("action.copied") : ""}
      </span>
    </>
  );
}

/** An identifier: its first eight characters, and a button that copies all of it. */
export const Id = ({ id, what }: { id: string; what: string }) => (
  <span className="inline-flex items-center gap-1">
    <code title={id} className="font-mono text-sm text-muted">
      {shortId(id)}
    </code>
    <Copy text={id} what={what} />
  </span>
);
