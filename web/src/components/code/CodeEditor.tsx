/** A script to write: CodeMirror where there is room and a mouse, a plain field until it is there. */
import { useEffect, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import type { Editor } from "./editor";
import type { Language } from "./highlight";

type Props = {
  id: string;
  value: string;
  language: Language;
  onChange: (value: string) => void;
  label: string;
  describedBy?: string;
  invalid: boolean;
  rows?: number;
  /** Marks `{{ name }}`: the text of a template. */
  placeholders?: boolean;
};

const coarse = () => matchMedia("(pointer: coarse)").matches;

export function CodeEditor(props: Props) {
  const { id, value, language, onChange, label, describedBy, invalid, rows = 8 } = props;
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const latest = useRef(props);
  latest.current = props;
  // A touch screen keeps the plain field until it is used: no code to load for a glance.
  const [wanted, setWanted] = useState(() => !coarse());
  const [ready, setReady] = useState(false);
  const [focused, setFocused] = useState(false);

  useEffect(() => {
    const parent = box.current;
    if (!wanted || parent === null) return;
    let gone = false;
    void import("./editor").then(({ createEditor }) => {
      if (gone) return;
      const { value, language, placeholders = false } = latest.current;
      const had = parent.parentElement?.contains(document.activeElement) === true;
      editor.current = createEditor({
        parent,
        value,
        language,
        placeholders,
        attributes: attributesOf(latest.current),
        onChange: (text) => latest.current.onChange(text),
      });
      setReady(true);
      if (had) editor.current.focus();
    });
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, [wanted]);

  useEffect(() => editor.current?.setValue(value), [value]);
  useEffect(() => editor.current?.setLanguage(language), [language]);
  useEffect(() => {
    editor.current?.setAttributes(attributesOf({ id, label, describedBy, invalid }));
  }, [id, label, describedBy, invalid]);

  const height = `${rows * 20 + 26}px`;
  return (
    <div
      onFocusCapture={() => setFocused(true)}
      onBlurCapture={() => setFocused(false)}
      className={cn(
        "resize-y overflow-hidden rounded-control border bg-console pointer-coarse:[--code-size:16px]",
        invalid ? "border-failed" : "border-control",
        focused && "outline-2 outline-focus outline-offset-2",
      )}
      style={{ height, minHeight: "92px" }}
    >
      <div ref={box} className={cn("h-full", !ready && "hidden")} />
      {!ready && (
        <textarea
          id={id}
          aria-label={label}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          wrap="off"
          value={value}
          onFocus={() => setWanted(true)}
          onChange={(event) => onChange(event.target.value)}
          className="block size-full resize-none bg-transparent px-3 py-3 font-mono text-console-text leading-5 outline-none placeholder:text-console-gutter"
        />
      )}
    </div>
  );
}

type Attributed = Pick<Props, "id" | "label" | "describedBy" | "invalid">;

function attributesOf({ id, label, describedBy, invalid }: Attributed): Record<string, string> {
  return {
    id,
    "aria-label": label,
    "aria-invalid": String(invalid),
    spellcheck: "false",
    autocapitalize: "off",
    autocorrect: "off",
    ...(describedBy === undefined ? {} : { "aria-describedby": describedBy }),
  };
}
