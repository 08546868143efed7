import { describe, expect, it } from "vitest";
import { fitting } from "./columns";

const columns = [
  { id: "name", width: "minmax(200px, 3fr)" },
  { id: "state", width: "150px" },
  { id: "owner", width: "minmax(80px, 1fr)", spare: 2 },
  { id: "labels", width: "120px", spare: 3 },
  { id: "took", width: "100px", spare: 1 },
];
const ids = (room: number) => fitting(columns, room).map(({ id }) => id);

describe("columns", () => {
  it("are all there where there is room", () => {
    expect(ids(650)).toEqual(["name", "state", "owner", "labels", "took"]);
    expect(ids(Number.POSITIVE_INFINITY)).toHaveLength(5);
  });

  it("go by their number, and only as many as must", () => {
    expect(ids(649)).toEqual(["name", "state", "owner", "took"]);
    expect(ids(529)).toEqual(["name", "state", "took"]);
    expect(ids(400)).toEqual(["name", "state"]);
  });

  it("stay where they are not to be spared, whatever the room", () => {
    expect(ids(10)).toEqual(["name", "state"]);
  });
});
