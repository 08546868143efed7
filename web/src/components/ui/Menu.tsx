/** A menu under a button, and a popover with anything in it. */
import { Check, type LucideIcon } from "lucide-react";
import { DropdownMenu, Popover as RadixPopover } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

const floating = "z-55 animate-appear rounded-card bg-surface shadow-float";

type MenuProps = {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  label?: string;
};

export function Menu({ trigger, children, align = "end", label }: MenuProps) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          className={cn(
            floating,
            "max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto p-1",
          )}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const item =
  "flex h-9 w-full items-center gap-2.5 rounded-control px-2.5 text-left outline-none select-none data-disabled:opacity-50 data-highlighted:bg-raised pointer-coarse:h-11";

type MenuItemProps = {
  icon?: LucideIcon;
  onSelect(): void;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
};

export const MenuItem = ({ icon: Icon, onSelect, danger, disabled, children }: MenuItemProps) => (
  <DropdownMenu.Item
    onSelect={onSelect}
    disabled={disabled}
    className={cn(item, danger && "text-failed")}
  >
    {Icon && <Icon size={16} aria-hidden className={cn(!danger && "text-muted")} />}
    {children}
  </DropdownMenu.Item>
);

type MenuChoiceProps = { checked: boolean; onChange(checked: boolean): void; children: ReactNode };

/** An entry that is on or off; the menu stays open. */
export const MenuChoice = ({ checked, onChange, children }: MenuChoiceProps) => (
  <DropdownMenu.CheckboxItem
    checked={checked}
    onCheckedChange={onChange}
    onSelect={(event) => event.preventDefault()}
    className={item}
  >
    <Check size={16} aria-hidden className={cn(!checked && "invisible")} />
    {children}
  </DropdownMenu.CheckboxItem>
);

type MenuRadioProps<T extends string> = {
  value: T;
  onChange(value: T): void;
  options: readonly { value: T; label: ReactNode; icon?: LucideIcon }[];
};

/** One of several entries. */
export function MenuRadio<T extends string>({ value, onChange, options }: MenuRadioProps<T>) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map(({ value: one, label, icon: Icon }) => (
        <DropdownMenu.RadioItem key={one} value={one} className={item}>
          {Icon && <Icon size={16} aria-hidden className="text-muted" />}
          <span className="flex-1">{label}</span>
          <DropdownMenu.ItemIndicator>
            <Check size={16} aria-hidden />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export const MenuLine = () => <DropdownMenu.Separator className="my-1 h-px bg-hairline" />;

export const MenuTitle = ({ children }: { children: ReactNode }) => (
  <DropdownMenu.Label className="px-2.5 pt-2 pb-1 text-xs font-medium text-subtle">
    {children}
  </DropdownMenu.Label>
);

type PopoverProps = MenuProps & { open?: boolean; onOpenChange?(open: boolean): void };

export function Popover({ trigger, children, align = "start", label, ...state }: PopoverProps) {
  return (
    <RadixPopover.Root {...state}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          className={cn(floating, "max-w-[calc(100vw-1rem)] p-4")}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
