/** Chooses the columns of the table. */
import { Columns3 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { Menu, MenuChoice } from "@/components/ui/Menu";
import { COLUMNS, type ColumnId } from "../model/columns";

type ColumnsMenuProps = {
  shown: readonly ColumnId[];
  onToggle(column: ColumnId, on: boolean): void;
};

export default function ColumnsMenu({ shown, onToggle }: ColumnsMenuProps) {
  const { t } = useTranslation("jobs");
  const { t: common } = useTranslation();
  return (
    <Menu trigger={<IconButton icon={Columns3} label={common("action.columns")} />}>
      {COLUMNS.filter((column) => column !== "name").map((column) => (
        <MenuChoice
          key={column}
          checked={shown.includes(column)}
          onChange={(on) => onToggle(column, on)}
        >
          {t(`column.${column}`)}
        </MenuChoice>
      ))}
    </Menu>
  );
}
