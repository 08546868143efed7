/** CodeMirror with our colours and the three languages; loaded when an editor is first shown. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  StreamLanguage,
  syntaxHighlighting,
} from "@codemirror/language";
import { javascript } from "@codemirror/legacy-modes/mode/javascript";
import { python } from "@codemirror/legacy-modes/mode/python";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  keymap,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PLACEHOLDER } from "@/lib/placeholders";
import type { Language } from "./highlight";

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--console-time)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--console-warn)" },
  { tag: [tags.keyword, tags.bool, tags.null], color: "var(--console-info)" },
  { tag: tags.number, color: "var(--console-stderr)" },
  {
    tag: [tags.definition(tags.variableName), tags.special(tags.variableName)],
    color: "var(--console-match-current)",
  },
]);

const looks = EditorView.theme(
  {
    "&": { backgroundColor: "var(--console-bg)", color: "var(--console-text)", height: "100%" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": {
      fontFamily: "var(--font-mono)",
      fontSize: "var(--code-size, 13px)",
      lineHeight: "20px",
    },
    ".cm-content": { caretColor: "var(--console-text)", padding: "12px 0" },
    ".cm-gutters": {
      backgroundColor: "var(--console-bg)",
      color: "var(--console-gutter)",
      border: "none",
    },
    ".cm-cursor": { borderLeftColor: "var(--console-text)" },
    "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "#2b6cee66 !important",
    },
    ".cm-placeholder-mark": {
      color: "var(--console-bg)",
      backgroundColor: "var(--console-info)",
      borderRadius: "3px",
    },
    ".cm-placeholder-mark *": { color: "inherit" },
    ".cm-matchingBracket": { backgroundColor: "#ffffff22", outline: "none" },
  },
  { dark: true },
);

const marker = new MatchDecorator({
  regexp: PLACEHOLDER,
  decoration: Decoration.mark({ class: "cm-placeholder-mark" }),
});
const placeholderMarks = ViewPlugin.define(
  (view) => ({
    decorations: marker.createDeco(view),
    update(update: ViewUpdate) {
      this.decorations = marker.updateDeco(update, this.decorations);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);

const MODES: Record<Language, () => Extension> = {
  shell: () => StreamLanguage.define(shell),
  python: () => StreamLanguage.define(python),
  node: () => StreamLanguage.define(javascript),
  plain: () => [],
};

export type EditorOptions = {
  parent: HTMLElement;
  value: string;
  language: Language;
  /** Whether `{{ name }}` is marked. */
  placeholders: boolean;
  /** Attributes of the text box: its label, its hint, whether it is invalid. */
  attributes: Record<string, string>;
  onChange: (value: string) => void;
};

export type Editor = {
  setValue: (value: string) => void;
  setLanguage: (language: Language) => void;
  setAttributes: (attributes: Record<string, string>) => void;
  focus: () => void;
  destroy: () => void;
};

export function createEditor(options: EditorOptions): Editor {
  const language = new Compartment();
  const attributes = new Compartment();
  const attributesOf = (given: Record<string, string>) => EditorView.contentAttributes.of(given);
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.value,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        syntaxHighlighting(colours),
        looks,
        options.placeholders ? placeholderMarks : [],
        // Tab indents; Escape and then Tab leaves, as CodeMirror's keymap has it.
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        language.of(MODES[options.language]()),
        attributes.of(attributesOf(options.attributes)),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setValue(value) {
      const length = view.state.doc.length;
      if (view.state.doc.toString() === value) return;
      view.dispatch({ changes: { from: 0, to: length, insert: value } });
    },
    setLanguage: (name) => view.dispatch({ effects: language.reconfigure(MODES[name]()) }),
    setAttributes: (given) =>
      view.dispatch({ effects: attributes.reconfigure(attributesOf(given)) }),
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
