/** The name of a type of provider, as a proper noun where it has one. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { providerTypesQuery } from "@/api/queries/providers";

const NAMES: Readonly<Record<string, string>> = {
  docker: "Docker",
  kubernetes: "Kubernetes",
  firecracker: "Firecracker",
};

/** "Docker provider" of the server is "Docker" here, where all are providers. */
export function useTypeName(): (type: string) => string {
  const { data } = useQuery(providerTypesQuery());
  const { t } = useTranslation("providers");
  return (type) => {
    if (type === "process") return t("typeName.process");
    const known = data?.items.find((one) => one.type === type);
    return NAMES[type] ?? (known?.title.replace(/ provider$/i, "") || type);
  };
}

export function TypeName({ type }: { type: string }) {
  return <>{useTypeName()(type)}</>;
}
