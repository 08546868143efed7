/** The guide's examples in a menu; fetched after the form is there. */
import { FileText } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Menu, MenuItem } from "@/components/ui/Menu";
import { useForm } from "../hooks/form";
import { EXAMPLES, exampleOf } from "../model/examples";

/** `images`: whether an enabled provider runs any; an example goes without its image otherwise. */
export default function Examples({ images }: { images: boolean }) {
  const { t } = useTranslation("job-form");
  const { replace } = useForm();
  return (
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
}
