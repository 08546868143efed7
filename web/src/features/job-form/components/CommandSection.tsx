/** Section 2: what to run. */
import { useTranslation } from "react-i18next";
import { CodeEditor } from "@/components/code/CodeEditor";
import { Field } from "@/components/ui/Field";
import { controlId, useForm } from "../hooks/form";
import { COMMAND_TYPES } from "../model/values";
import { splitWords } from "../model/words";
import { Choice, TextArea, TextInput, useFieldError } from "./fields";
import { More, Section } from "./Section";

const MOST_SHOWN = 12;

export function CommandSection() {
  const { t } = useTranslation("job-form");
  const { values } = useForm();
  return (
    <Section number={2} name="command">
      <Choice
        name="type"
        options={COMMAND_TYPES.map((value) => ({ value, label: t(`type.${value}`) }))}
      />
      {values.type === "exec" ? <Arguments /> : <Script />}
      <More fields={["workingDir", "stdin"]}>
        <TextInput name="workingDir" hint={t("hint.workingDir")} optional mono />
        <TextArea name="stdin" hint={t("hint.stdin")} optional />
      </More>
    </Section>
  );
}

function Script() {
  const { t } = useTranslation("job-form");
  const { template, values, set, leave } = useForm();
  const error = useFieldError()("script");
  const id = controlId("script");
  const hintId = `${id}-keys`;
  return (
    <Field id={id} label={t("field.script")} error={error}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: only hears that the editor was left */}
      <div onBlur={() => leave("script")}>
        <CodeEditor
          id={id}
          label={t("field.script")}
          describedBy={error === undefined ? hintId : `${id}-error ${hintId}`}
          invalid={error !== undefined}
          language={values.type === "exec" ? "plain" : values.type}
          value={values.script}
          placeholders={template !== null}
          onChange={(script) => set("script", script)}
        />
      </div>
      <p id={hintId} className="text-muted text-sm pointer-coarse:hidden">
        {t("hint.keys")}
      </p>
    </Field>
  );
}

/** A command line, with the words that the program will get. */
function Arguments() {
  const { t } = useTranslation("job-form");
  const { values } = useForm();
  const { words } = splitWords(values.argv);
  const shown = words.slice(0, MOST_SHOWN).map((word) => `“${word}”`);
  const more = words.length > MOST_SHOWN ? " …" : "";
  const list = { count: words.length, words: shown.join(" ") + more };
  return (
    <TextArea
      name="argv"
      hint={
        <>
          {t("hint.exec")}
          {words.length > 0 && (
            <span className="mt-1 block font-mono text-xs [overflow-wrap:anywhere]">
              {t("hint.args", list)}
            </span>
          )}
        </>
      }
    />
  );
}
