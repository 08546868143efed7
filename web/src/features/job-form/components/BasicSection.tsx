/** Section 1: the name, and examples to begin with. */
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useForm } from "../hooks/form";
import { TextInput } from "./fields";
import { ProjectChoice } from "./ProjectChoice";
import { Section } from "./Section";

const Examples = lazy(() => import("./Examples"));

export function BasicSection({ images }: { images: boolean }) {
  const { t } = useTranslation("job-form");
  const { template } = useForm();
  if (template !== null) {
    return (
      <Section number={1} name="basic">
        <TextInput name="name" hint={t("hint.nameInTemplate")} optional />
      </Section>
    );
  }
  const examples = (
    <Suspense>
      <Examples images={images} />
    </Suspense>
  );
  return (
    <Section number={1} name="basic" action={examples}>
      <TextInput name="name" hint={t("hint.name")} required />
      <ProjectChoice />
    </Section>
  );
}
