import { describe, expect, it } from "vitest";
import { __expect } from "../lib/expect.mjs";
import { type Fence, fencesOf, instrument, padded } from "../lib/markdown.ts";

const fence = (code: string): Fence => ({ page: "p.md", line: 10, kind: "run", code });

describe("fences", () => {
  it("are found with their kind and line", () => {
    const page =
      "# T\n\n```ts run\nconst a = 1;\n```\n\n```sh\nls\n```\n\n```ts types\nlet b: 1;\n```\n";
    const { fences, faults } = fencesOf("p.md", page);
    expect(faults).toEqual([]);
    expect(fences).toEqual([
      { page: "p.md", line: 4, kind: "run", code: "const a = 1;" },
      { page: "p.md", line: 12, kind: "types", code: "let b: 1;" },
    ]);
    expect(padded(fences[0]!).split("\n")[3]).toBe("const a = 1;");
  });

  it("must say what they are", () => {
    const { faults } = fencesOf("p.md", "```ts\nconst a = 1;\n```\n\n```typescript run\n```\n");
    expect(faults.map(({ line }) => line)).toEqual([1, 5]);
  });

  it("inside a longer fence are text", () => {
    expect(fencesOf("p.md", "````md\n```ts\n```\n````\n")).toEqual({ fences: [], faults: [] });
  });
});

describe("assertions", () => {
  it.each([
    ["f(1); // => 2", `__expect(f(1), "2", "p.md:10"); // => 2`],
    ["const a = f(1); // => 2", `const a = f(1); __expect(a, "2", "p.md:10"); // => 2`],
    ["console.log(a); // => x", `console.log(__expect(a, "x", "p.md:10")); // => x`],
    ["await f(\n  1,\n); // => 2", `__expect(await f(\n  1,\n), "2", "p.md:12"); // => 2`],
    [
      "f(1);\n// => { a: 1,\n//      b: 2 }",
      `__expect(f(1), "{ a: 1, b: 2 }", "p.md:11");\n// => { a: 1,\n//      b: 2 }`,
    ],
  ])("become calls: %s", (code, expected) => {
    const result = instrument(fence(code));
    expect(result).toEqual({ code: expected, assertions: 1, faults: [] });
  });

  it("keep two lines apart", () => {
    const { code, assertions } = instrument(fence("f(1); // => 1\nf(2); // => 2"));
    expect(assertions).toBe(2);
    expect(code).toContain(`__expect(f(1), "1", "p.md:10")`);
    expect(code).toContain(`__expect(f(2), "2", "p.md:11")`);
  });

  it("that belong to nothing are faults", () => {
    expect(instrument(fence("if (a) { // => 1\n}")).faults).toHaveLength(1);
  });

  it("hold, or name the place", () => {
    expect(__expect({ a: [1] }, "{ a: [1] }", "p.md:1")).toEqual({ a: [1] });
    expect(__expect(new Date(0), `"1970-01-01T00:00:00.000Z"`, "p.md:1")).toEqual(new Date(0));
    expect(__expect("3 days", "3 days", "p.md:1")).toBe("3 days");
    expect(() => __expect(1, "2", "p.md:7")).toThrow(/p\.md:7: expected 2/);
    expect(() => __expect("a", `"b"`, "p.md:7")).toThrow(/but it is 'a'/);
  });
});
