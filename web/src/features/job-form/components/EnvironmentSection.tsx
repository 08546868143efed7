/** Section 3: the image and the variables. */
import { useTranslation } from "react-i18next";
import type { CommandType } from "@/api/spec";
import { useForm } from "../hooks/form";
import { NETWORKS } from "../model/values";
import { EnvEditor } from "./EnvEditor";
import { Choice, TextInput } from "./fields";
import { More, Section } from "./Section";

const IMAGES: Record<CommandType, readonly string[]> = {
  shell: ["alpine:latest", "ubuntu:latest", "debian:stable-slim"],
  exec: ["alpine:latest", "ubuntu:latest", "debian:stable-slim"],
  python: ["python:3.12-slim", "python:3.11-slim", "python:3.9"],
  node: ["node:22-alpine", "node:20-alpine", "node:20-slim"],
};

/** `images`: whether an enabled provider runs any; null while that is not known. */
export function EnvironmentSection({ images }: { images: boolean | null }) {
  const { t } = useTranslation("job-form");
  const { values } = useForm();
  return (
    <Section number={3} name="environment">
      <TextInput
        name="image"
        mono
        list={IMAGES[values.type]}
        hint={t(images === false ? "hint.noImages" : "hint.image")}
      />
      <EnvEditor />
      <More fields={["network"]}>
        <Choice
          name="network"
          hint={t("hint.network")}
          options={NETWORKS.map((value) => ({ value, label: t(`network.${value}`) }))}
        />
      </More>
    </Section>
  );
}
