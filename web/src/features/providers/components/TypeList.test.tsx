import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { beforeAll, expect, it } from "vitest";
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
