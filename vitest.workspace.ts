/**
 * The test projects: one for each package, one for each example, one for the
 * repository's own scripts, and `*.tz.test.ts` files three times, each time
 * under another process time zone.
 */
import { existsSync, readdirSync } from "node:fs";
import type { TestProjectInlineConfiguration } from "vitest/config";

const ZONES = ["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"];
const shared = {
  pool: "forks",
  isolate: false,
  passWithNoTests: true,
  // Properties run hundreds of cases, on machines that may be busy with something else.
  testTimeout: 60_000,
} as const;

const foldersOf = (parent: string): ReadonlyArray<string> =>
  readdirSync(new URL(parent, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

/** What a project starts once for all its files, a database server say. */
const globalSetupOf = (root: string): { readonly globalSetup?: string } => {
  const setup = "test/support/globalSetup.ts";
  return existsSync(new URL(`./${root}/${setup}`, import.meta.url)) ? { globalSetup: setup } : {};
};

const project = (name: string, root: string): TestProjectInlineConfiguration => ({
  test: {
    ...shared,
    name,
    root,
    include: ["test/**/*.test.ts"],
    exclude: ["**/*.tz.test.ts", "**/node_modules/**"],
    ...globalSetupOf(root),
  },
});

const projects: Array<TestProjectInlineConfiguration> = [
  ...foldersOf("./packages/").map((folder) => project(folder, `packages/${folder}`)),
  ...foldersOf("./examples/").map((folder) => project(`examples-${folder}`, `examples/${folder}`)),
  project("scripts", "scripts"),
  ...ZONES.map((zone) => ({
    test: {
      ...shared,
      name: `tz-${zone.slice(zone.indexOf("/") + 1).toLowerCase()}`,
      include: ["packages/*/test/**/*.tz.test.ts"],
      env: { TZ: zone },
    },
  })),
];

export default projects;
