/** A law's number never changes, whatever is added or given up. */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { CONTRACT_EDITION, lawNumber, storageLaws } from "../src/index.ts";
import { LAWS_IN_ORDER } from "../src/storage/lawNumbers.ts";

/** After a release: the number of laws then, and the hash of their ids in order. */
const RELEASED = {
  laws: 240,
  hash: "071afdd2de819a7c5ead7d23c27f5a8414b97a53e07c61864e153674861760a5",
};

it("is the same as when it was first given", () => {
  const first = LAWS_IN_ORDER.slice(0, RELEASED.laws).join("\n");
  const hash = createHash("sha256").update(first).digest("hex");
  expect(hash, "ids in `lawNumbers.ts` and `laterLaws.ts` are only ever appended").toBe(
    RELEASED.hash,
  );
});

it("is given to every law, and once", () => {
  const unnumbered = storageLaws.map(({ id }) => id).filter((id) => lawNumber(id) === null);
  expect(unnumbered, "append them to `laterLaws.ts`").toEqual([]);
  expect(new Set(LAWS_IN_ORDER).size).toBe(LAWS_IN_ORDER.length);
  expect(CONTRACT_EDITION).toBeGreaterThanOrEqual(RELEASED.laws);
});

it("is the same under faults", () => {
  expect(lawNumber("read.order")).toBe(1);
  expect(lawNumber("read.order+faults")).toBe(1);
  expect(lawNumber("read.nothing-of-that-name")).toBeNull();
});
