/** Tabs, which scroll sideways when they do not fit, and a control of a few segments. */
import { createContext, type ReactNode, useContext, useEffect, useId, useRef } from "react";
import { cn } from "@/lib/cn";
import { chooseByArrows } from "./arrows";
import { fadedEdges } from "./edges";
import { RadioGroup } from "./Radio";

type Option<T extends string> = { value: T; label: string; count?: string };

type TabsProps<T extends string> = {
  label: string;
  value: T;
  onChange(value: T): void;
  tabs: readonly Option<T>[];
  children: ReactNode;
};

/** Keeps the chosen tab in sight where they do not all fit. */
function useInSight(value: string) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => fadedEdges(list.current), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the value says which tab is chosen
  useEffect(() => {
    const box = list.current;
    const tab = box?.querySelector<HTMLElement>("[aria-selected=true]");
    if (!box || !tab) return;
    const over = tab.offsetLeft + tab.offsetWidth - box.clientWidth;
    if (tab.offsetLeft < box.scrollLeft || over > box.scrollLeft)
      box.scrollLeft = Math.max(0, over);
  }, [value]);
  return list;
}

const Chosen = createContext({ id: "", value: "" });

/** Put one TabPanel per tab inside. */
export function Tabs<T extends string>({ label, value, onChange, tabs, children }: TabsProps<T>) {
  const list = useInSight(value);
  const id = useId();
  return (
    <div className="min-w-0">
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        onKeyDown={(event) => chooseByArrows(event, "tab")}
        className="relative flex overflow-x-auto border-b border-hairline [scrollbar-width:none]"
      >
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}tab-${tab.value}`}
            aria-controls={`${id}panel-${tab.value}`}
            aria-selected={tab.value === value}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => tab.value !== value && onChange(tab.value)}
            className="-mb-px flex h-10 shrink-0 items-center gap-2 border-b-2 border-transparent px-2.5 font-medium text-muted -outline-offset-2 first:pl-1 sm:px-3 hover:text-text aria-selected:border-brand aria-selected:text-text pointer-coarse:h-11"
          >
            {tab.label}
            {tab.count !== undefined && (
              <span className="numeric text-xs text-subtle">{tab.count}</span>
            )}
          </button>
        ))}
      </div>
      <Chosen value={{ id, value }}>{children}</Chosen>
    </div>
  );
}

export function TabPanel({ value, children }: { value: string; children: ReactNode }) {
  const chosen = useContext(Chosen);
  const shown = chosen.value === value;
  return (
    <div
      role="tabpanel"
      id={`${chosen.id}panel-${value}`}
      aria-labelledby={`${chosen.id}tab-${value}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls in it is reached by keys
      tabIndex={0}
      hidden={!shown}
      className="min-w-0 pt-5"
    >
      {shown && children}
    </div>
  );
}

type SegmentedProps<T extends string> = {
  label: string;
  value: T;
  onChange(value: T): void;
  options: readonly { value: T; label: ReactNode; name?: string }[];
  className?: string;
};

/** One of a few values, all in sight; `name` is the accessible name when the label is an icon. */
export function SegmentedControl<T extends string>({
  label,
  value,
  onChange,
  options,
  className,
}: SegmentedProps<T>) {
  return (
    <RadioGroup
      label={label}
      value={value}
      onChange={onChange}
      options={options.map(({ value, label, name }) => ({ value, content: label, name }))}
      className={cn(
        "inline-flex rounded-control border border-hairline bg-raised p-0.5",
        className,
      )}
      itemClass="flex h-8 min-w-10 flex-auto items-center justify-center gap-1.5 rounded-sm px-3 text-sm font-medium whitespace-nowrap text-muted [&_svg]:shrink-0 hover:text-text aria-checked:bg-surface aria-checked:text-text aria-checked:shadow-[0_0_0_1px_var(--c-hairline)] pointer-coarse:h-11 pointer-coarse:min-w-11"
    />
  );
}
