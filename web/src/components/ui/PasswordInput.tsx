/** A field for what nobody should read over a shoulder, with a button that shows it all the same. */
import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";
import { useTranslation } from "react-i18next";
import { Input } from "./Input";

export function PasswordInput(props: ComponentProps<typeof Input>) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <span className="relative block">
      <Input {...props} type={shown ? "text" : "password"} className="pr-11" />
      <button
        type="button"
        aria-pressed={shown}
        aria-label={t("action.showPassword")}
        onClick={() => setShown(!shown)}
        className="absolute inset-y-0 right-0 grid w-10 place-items-center rounded-control text-subtle hover:text-text pointer-coarse:w-11"
      >
        <Icon size={16} aria-hidden />
      </button>
    </span>
  );
}
