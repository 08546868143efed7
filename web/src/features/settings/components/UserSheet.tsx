/** Makes a user, or changes one: roles, password, whether to let in at all. */
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type User, type UserOrder, useCreateUser, useUpdateUser } from "@/api/queries/access";
import { Button } from "@/components/ui/Button";
import { Sheet } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { Banner, useErrorDetail } from "@/components/ui/feedback";
import { Input } from "@/components/ui/Input";
import { PasswordInput } from "@/components/ui/PasswordInput";
import { Switch } from "@/components/ui/Toggle";
import { toast } from "@/components/ui/toast";
import { LEAST_PASSWORD, useViolations } from "../hooks/violations";
import { DeleteUser } from "./DeleteUser";
import { fromRows, RolesEditor, toRows } from "./RolesEditor";

type UserSheetProps = { user: User | undefined; onClose(): void };

export default function UserSheet({ user, onClose }: UserSheetProps) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const form = useId();
  const { save, busy, error } = useSave(user, onClose);
  return (
    <Sheet
      open
      onOpenChange={onClose}
      title={user?.name ?? t("users.new")}
      footer={
        <>
          <Button onClick={onClose}>{common("action.cancel")}</Button>
          <Button type="submit" form={form} look="primary" busy={busy}>
            {common(user === undefined ? "action.create" : "action.save")}
          </Button>
        </>
      }
    >
      <UserForm id={form} user={user} error={error} onSave={save} />
      {user !== undefined && <DeleteUser user={user} onDone={onClose} />}
    </Sheet>
  );
}

function useSave(user: User | undefined, onDone: () => void) {
  const { t } = useTranslation("settings");
  const create = useCreateUser();
  const update = useUpdateUser();
  const save = (order: UserOrder) => {
    const onSuccess = () => {
      toast.done(t(user === undefined ? "users.created" : "users.saved", { name: order.name }));
      onDone();
    };
    if (user === undefined) create.mutate(order, { onSuccess });
    else update.mutate({ key: user.id, ...order }, { onSuccess });
  };
  return {
    save,
    busy: create.isPending || update.isPending,
    error: user === undefined ? create.error : update.error,
  };
}

type UserFormProps = {
  id: string;
  user: User | undefined;
  error: unknown;
  onSave(order: UserOrder): void;
};

function UserForm({ id, user, error, onSave }: UserFormProps) {
  const { t } = useTranslation("settings");
  const [name, setName] = useState(user?.name ?? "");
  const [password, setPassword] = useState("");
  const [enabled, setEnabled] = useState(user?.enabled ?? true);
  const [rows, setRows] = useState(() => toRows(user?.roles ?? {}));
  const [asked, setAsked] = useState(false);
  const said = useViolations(error);
  const detail = useErrorDetail();
  const short = password !== "" && [...password].length < LEAST_PASSWORD;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (name.trim() === "" || short) return;
    onSave({
      name: name.trim(),
      roles: fromRows(rows),
      enabled,
      ...(password !== "" && { password }),
    });
  };
  const elsewhere = ["name", "password"].every((field) => said(field) === undefined);
  return (
    <form id={id} onSubmit={submit} noValidate className="flex flex-col gap-5">
      {error !== null && elsewhere && <Banner tone="bad">{detail(error)}</Banner>}
      <Field
        label={t("users.name")}
        hint={t("users.nameHint")}
        error={asked && name.trim() === "" ? t("needed") : said("name")}
        required
      >
        <Input
          autoCapitalize="off"
          maxLength={63}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <Field
        label={t(user?.password_set ? "users.newPassword" : "users.password")}
        hint={t(user?.password_set ? "users.newPasswordHint" : "users.passwordHint", {
          least: LEAST_PASSWORD,
        })}
        error={asked && short ? t("password.short", { least: LEAST_PASSWORD }) : said("password")}
        optional
      >
        <PasswordInput
          autoComplete="new-password"
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
      <RolesEditor rows={rows} onChange={setRows} />
      {user !== undefined && (
        <Switch
          label={t("users.enabled")}
          hint={t("users.enabledHint")}
          checked={enabled}
          onChange={setEnabled}
        />
      )}
    </form>
  );
}
