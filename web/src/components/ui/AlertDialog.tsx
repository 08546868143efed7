/** Asks before something that cannot be taken back, and names its effect. */
import { AlertDialog as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Field } from "./Field";
import { Input } from "./Input";

type AlertDialogProps = {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  /** What will happen, in whole sentences. */
  effect: ReactNode;
  /** The verb on the button that does it. */
  confirm: string;
  onConfirm(): void;
  busy?: boolean;
  danger?: boolean;
  /** A word that has to be typed first. */
  typeToConfirm?: string;
  children?: ReactNode;
};

export function AlertDialog({
  open,
  onOpenChange,
  title,
  effect,
  confirm,
  onConfirm,
  busy = false,
  danger = true,
  typeToConfirm,
  children,
}: AlertDialogProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const allowed = typeToConfirm === undefined || typed === typeToConfirm;
  const change = (next: boolean) => {
    setTyped("");
    onOpenChange(next);
  };
  return (
    <Radix.Root open={open} onOpenChange={change}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 animate-appear bg-[rgb(5_8_13/60%)]" />
        <Radix.Content className="fixed top-1/2 left-1/2 z-50 flex max-h-[85dvh] w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 animate-appear flex-col gap-4 overflow-y-auto rounded-sheet bg-surface p-5 shadow-float">
          <Radix.Title className="text-lg">{title}</Radix.Title>
          <Radix.Description asChild>
            <div className="text-muted">{effect}</div>
          </Radix.Description>
          {children}
          {typeToConfirm !== undefined && (
            <Field label={t("confirm.type", { word: typeToConfirm })}>
              <Input value={typed} onChange={(event) => setTyped(event.target.value)} />
            </Field>
          )}
          <div className="mt-1 flex flex-wrap justify-end gap-2">
            <Radix.Cancel asChild>
              <Button>{t("action.close")}</Button>
            </Radix.Cancel>
            <Button
              look={danger ? "danger" : "primary"}
              busy={busy}
              disabled={!allowed}
              onClick={onConfirm}
            >
              {confirm}
            </Button>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
