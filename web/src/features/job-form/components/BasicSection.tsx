/** Section 1: the name, and examples to begin with. */
import { FileText } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Menu, MenuItem } from "@/components/ui/Menu";
import { useForm } from "../hooks/form";
import { EXAMPLES, exampleOf } from "../model/examples";
import { TextInput } from "./fields";
import { Section } from "./Section";

/** `images`: whether an enabled provider runs any; an example keeps its image otherwise. */
export function BasicSection({ images }: { images: boolean }) {
  const { t } = useTranslation("job-form");
  const { replace } = useForm();
  const examples = (
    <Menu
      label={t("examples.label")}
      trigger={
        <Button size="sm" look="quiet" icon={FileText} className="-mr-2">
          {t("examples.label")}
        </Button>
      }
    >
      {EXAMPLES.map((one) => (
        <MenuItem key={one} onSelect={() => replace(exampleOf(one, images))}>
          {t(`examples.${one}`)}
        </MenuItem>
      ))}
    </Menu>
  );
  return (
    <Section number={1} name="basic" action={examples}>
      <TextInput name="name" hint={t("hint.name")} required />
    </Section>
  );
}
