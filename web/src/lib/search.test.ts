import { describe, expect, test } from "vitest";
import { flag, oneOf, schema, text, whole } from "./search";

const all = schema({
  q: text(5),
  sort: oneOf(["up", "down"]),
  page: whole(1, 10),
  open: flag(),
});

describe("the parameters of an address", () => {
  test("are taken when they are named and good", () => {
    const good = { q: "abcde", sort: "down", page: 10, open: 1 };
    expect(all.parse(good)).toEqual(good);
    expect(all.parse({ page: "7" })).toEqual({ page: 7 });
  });

  test.each<Record<string, unknown>>([
    { q: "abcdef" },
    { q: 5 },
    { sort: "UP" },
    { sort: ["up"] },
    { page: 0 },
    { page: 11 },
    { page: 1.5 },
    { page: "x" },
    { page: true },
    { page: null },
    { page: [3] },
    { open: true },
    { open: "1" },
    { other: "x" },
    { toString: "x" },
  ])("are left out otherwise: %o", (search) => {
    expect(Object.keys(all.parse(search))).toEqual([]);
  });
});
