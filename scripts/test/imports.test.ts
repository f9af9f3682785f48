import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Manifest, ROOMS, type Tree, breaches, readTree } from "../lib/imports.ts";
import { root } from "../lib/root.mjs";

const real = readTree(root);

const packages: ReadonlyArray<readonly [string, Manifest]> = [
  ["", { name: "linli" }],
  ["packages/core", { name: "@linli/core", peerDependencies: { effect: "^4" } }],
  ["packages/testing", { name: "@linli/testing", dependencies: { "@linli/core": "*" } }],
  ["packages/storage-x", { name: "@linli/storage-x", dependencies: { "@linli/core": "*" } }],
  ["packages/notify-x", { name: "@linli/notify-x", dependencies: { "@linli/core": "*" } }],
];

const sound: Readonly<Record<string, string>> = {
  "packages/core/src/data/index.ts": `import * as Schema from "effect/Schema";`,
  "packages/core/src/time/index.ts": `import { Id } from "../data/index.ts";`,
  "packages/core/src/index.ts": `export * from "./time/index.ts";`,
  "packages/testing/src/index.ts": `import "@linli/core/services";`,
  "packages/storage-x/src/index.ts": `import "@linli/core/ports"; import "node:sqlite";`,
  "packages/notify-x/src/index.ts": `export * from "@linli/core/ports";`,
};

/** The sound tree with some files (and manifests) put in its place. */
const treeWith = (
  files: Readonly<Record<string, string>>,
  manifests: Readonly<Record<string, Manifest>> = {},
): Tree => ({
  files: new Map(Object.entries({ ...sound, ...files })),
  manifests: new Map([...packages, ...Object.entries(manifests)]),
  isStableEffectModule: real.isStableEffectModule,
});

describe("imports and manifests of the repository", () => {
  it("are read at all", () => {
    const sources = [...real.files.keys()].filter((file) => /^packages\/.*\/src\//.test(file));
    expect(sources.length).toBeGreaterThan(25);
    for (const room of ROOMS)
      expect(real.files.has(`packages/core/src/${room}/index.ts`)).toBe(true);
    expect([...real.manifests.keys()]).toContain("examples/town");
    expect(real.isStableEffectModule("Schema")).toBe(true);
    expect(real.isStableEffectModule("Graph")).toBe(false);
  });

  it("keep every rule", () => {
    expect(breaches(real)).toEqual([]);
  });

  it("name each dependency with its reason", () => {
    const page = readFileSync(`${root}/docs/decisions/0002-dependencies.md`, "utf8");
    const declared = [...real.manifests.values()].flatMap((manifest) => [
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.devDependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
    ]);
    const foreign = [...new Set(declared)].filter((name) => !name.startsWith("@linli/"));
    expect(foreign.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe("the import rules bite", () => {
  it("let a sound tree pass", () => {
    expect(breaches(treeWith({}))).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      "a room importing a later room",
      { "packages/core/src/data/Text.ts": `import { x } from "../time/Zone.ts";` },
      /room "data" may import only rooms before it/,
    ],
    [
      "a type-only import of a later room",
      { "packages/core/src/data/Text.ts": `import type { X } from "../promise/index.ts";` },
      /room "data" may import only rooms before it/,
    ],
    [
      "a room importing the main entry",
      { "packages/core/src/time/Zone.ts": `export * from "../index.ts";` },
      /what lies above the rooms/,
    ],
    [
      "a room without a place",
      { "packages/core/src/misc/index.ts": `import "../data/index.ts";` },
      /no place in the order/,
    ],
    [
      "an unstable folder of effect",
      { "packages/core/src/data/Text.ts": `import * as Sql from "effect/sql/SqlClient";` },
      /stable modules/,
    ],
    [
      "an unstable module of effect, imported lazily",
      { "packages/core/src/data/Text.ts": `const g = await import("effect/Graph");` },
      /stable modules/,
    ],
    [
      "the barrel of effect",
      { "packages/core/src/data/Text.ts": `import { Effect } from "effect";` },
      /modules directly/,
    ],
    [
      "a Node module in core",
      { "packages/core/src/data/Text.ts": `import { readFileSync } from "node:fs";` },
      /also runs in browsers/,
    ],
    [
      "an adapter seeing services",
      { "packages/storage-x/src/Driver.ts": `import { Desk } from "@linli/core/services";` },
      /an adapter sees of core only/,
    ],
    [
      "a published package importing testing",
      { "packages/notify-x/src/Send.ts": `import "@linli/testing";` },
      /nothing published imports @linli\/testing/,
    ],
    [
      "an undeclared package",
      { "packages/notify-x/src/Send.ts": `import got from "got";` },
      /"got" is not declared/,
    ],
    [
      "an undeclared package in a test",
      { "packages/core/test/a.test.ts": `import fc from "fast-check";` },
      /"fast-check" is not declared/,
    ],
    [
      "reaching into another package",
      { "packages/notify-x/test/a.test.ts": `import "../../core/src/data/index.ts";` },
      /must stay in its package/,
    ],
    [
      "a source importing a test",
      { "packages/core/src/data/Text.ts": `import "../../test/helper.ts";` },
      /a source may import only sources/,
    ],
    [
      "two files in a circle",
      {
        "packages/core/src/data/A.ts": `import type { B } from "./B.ts";`,
        "packages/core/src/data/B.ts": `export { A } from "./A.ts";`,
      },
      /in a circle: .*A\.ts -> .*B\.ts -> .*A\.ts/,
    ],
  ])("on %s", (_title, files, expected) => {
    const found = breaches(treeWith(files));
    expect(found.join("\n")).toMatch(expected);
  });

  it("on a dependency nobody imports", () => {
    const manifest = { name: "@linli/core", peerDependencies: { effect: "^4", lodash: "^4" } };
    expect(breaches(treeWith({}, { "packages/core": manifest }))).toEqual([
      `packages/core/package.json: "lodash" is declared, but nothing imports it`,
    ]);
  });
});
