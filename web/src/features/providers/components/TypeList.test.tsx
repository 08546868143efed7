import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { beforeAll, expect, it } from "vitest";
import { meQuery } from "@/api/queries/system";
import { loadNamespaces } from "@/i18n/i18n";
import { TypeList } from "./TypeList";

beforeAll(() => loadNamespaces(["providers"]));

it("says of a type that is not installed that it is not, how to install it, and offers none", () => {
  const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
  const types = { items: [], missing: [{ type: "firecracker", title: "Firecracker" }] };
  render(
    <QueryClientProvider client={client}>
      <TypeList types={types} counts={new Map()} />
    </QueryClientProvider>,
  );
  const row = screen.getByRole("listitem");
  expect(row.textContent).toMatch(/^FirecrackerNot installed.*no provider of type “firecracker”/);
  expect(screen.queryByRole("link")).toBeNull();
});

it("offers a viewer no way to a form that is not theirs", () => {
  const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
  const me = { roles: { default: "viewer" }, permissions: ["providers.read"] };
  client.setQueryData(meQuery().queryKey, me as never);
  const types = { items: [{ type: "docker", description: "" }], missing: [] } as never;
  render(
    <QueryClientProvider client={client}>
      <TypeList types={types} counts={new Map()} />
    </QueryClientProvider>,
  );
  expect(screen.queryByRole("link")).toBeNull();
  expect(screen.getByRole("button").getAttribute("aria-disabled")).toBe("true");
});
