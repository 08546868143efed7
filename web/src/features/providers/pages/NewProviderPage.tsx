/** `/providers/new`: a type, its settings, a test, and then it is there. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { providersQuery, providerTypesQuery } from "@/api/queries/providers";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { RadioCards } from "@/components/ui/RadioCards";
import { toast } from "@/components/ui/toast";
import { ConfigForm } from "../components/ConfigForm";
import { TypeText } from "../components/TypeList";
import { useTypeName } from "../components/TypeName";
import { useCreateProvider, useOffered } from "../hooks/data";
import { type Body, formOf } from "../model/config";
import { freeName } from "../model/name";

const route = getRouteApi("/shell/providers/new");

export default function NewProviderPage() {
  const { t } = useTranslation("providers");
  const types = useQuery(providerTypesQuery());
  const providers = useQuery(providersQuery());
  const failure = types.error ?? providers.error;
  return (
    <Page title={t("new.title")} back={{ to: "/providers", label: t("title") }} narrow>
      {types.data !== undefined && providers.data !== undefined ? (
        <Loaded types={types.data} taken={providers.data.items.map((one) => one.name)} />
      ) : failure === null ? (
        <Loading className="flex flex-col gap-4">
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-80 w-full" />
        </Loading>
      ) : (
        <ErrorState error={failure} onRetry={() => void types.refetch()} />
      )}
    </Page>
  );
}

type LoadedProps = { types: Schemas["ProviderTypes"]; taken: readonly string[] };

function Loaded({ types, taken }: LoadedProps) {
  const { t } = useTranslation("providers");
  const navigate = useNavigate({ from: "/providers/new" });
  const wanted = route.useSearch({ select: (search) => search.type });
  const chosen = types.items.find((one) => one.type === wanted) ?? types.items[0];
  const create = useCreateProvider();
  if (chosen === undefined) return <p className="text-muted">{t("new.noTypes")}</p>;
  const submit = async (body: Body) => {
    const provider = await create.mutateAsync(body);
    toast.done(t("new.done", { name: provider.name }));
    await navigate({ to: "/providers/$providerId", params: { providerId: provider.id } });
  };
  return (
    <div className="flex flex-col gap-4">
      <TypeChoice
        types={types}
        value={chosen.type}
        onChange={(type) => void navigate({ search: { type }, replace: true })}
      />
      <ConfigForm
        key={chosen.type}
        form={formOf(chosen.type, chosen.settings_schema)}
        type={chosen.type}
        initial={{ name: freeName(chosen.type, taken) }}
        submit={t("new.submit")}
        onSubmit={submit}
        busy={create.isPending}
      />
    </div>
  );
}

type ChoiceProps = {
  types: Schemas["ProviderTypes"];
  value: string;
  onChange(type: string): void;
};

function TypeChoice({ types, value, onChange }: ChoiceProps) {
  const { t, i18n } = useTranslation("providers");
  const name = useTypeName();
  const offered = useOffered(types, (type) => type === value);
  const missing = types.missing.map(({ type }) => name(type));
  return (
    <div>
      <RadioCards
        label={t("new.type")}
        value={value}
        onChange={onChange}
        options={offered.map(({ type, description }) => ({
          value: type,
          title: name(type),
          text: <TypeText type={type} fallback={description} />,
        }))}
      />
      {missing.length > 0 && (
        <p className="mt-2 text-sm text-muted">
          {t("new.missing", {
            names: new Intl.ListFormat(i18n.language).format(missing),
            count: missing.length,
          })}
        </p>
      )}
    </div>
  );
}
