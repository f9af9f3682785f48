/**
 * How much a host ships: bundles built entries with esbuild and holds them
 * against a budget. The budgets count our own bytes (effect is the host's);
 * beside each stands the total with effect bundled. `--why` names the files that
 * weigh most (minified, before gzip). Needs a build.
 */
import path from "node:path";
import { gzipSync } from "node:zlib";
import * as Schema from "effect/Schema";
import { build } from "esbuild";
import { root } from "./lib/root.mjs";

const core = path.join(root, "packages", "core");
const rooms = ["routing", "climbing", "time"];

/** What each budget bundles; a kilobyte here is 1,000 bytes, minified and gzipped. */
const budgets = [
  {
    title: `functions of ${rooms.join(", ")}`,
    limit: 12_000,
    source: (await Promise.all(rooms.map(functionsOf))).join("\n"),
  },
  { title: "@linli/core", limit: 40_000, source: 'export * from "./dist/index.js";' },
];

const why = process.argv.includes("--why");
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

for (const { title, limit, source } of budgets) {
  const { bytes: own, files } = await sizeOf(source, ["effect", "effect/*"]);
  const { bytes: total } = await sizeOf(source, []);
  const verdict = own <= limit ? "ok" : "TOO BIG";
  console.log(
    `${verdict}: ${title}: ${kilobytes(own)} of ${kilobytes(limit)} (with effect: ${kilobytes(total)})`,
  );
  if (why) for (const [file, bytes] of files) console.log(`    ${kilobytes(bytes)}  ${file}`);
  if (own > limit) process.exitCode = 1;
}

// Private

/** A line that exports a room's functions, leaving out its schemas. */
async function functionsOf(room) {
  const file = `./dist/${room}/index.js`;
  const exported = await import(path.join(core, file));
  const names = Object.keys(exported).filter(
    (name) => typeof exported[name] === "function" && !Schema.isSchema(exported[name]),
  );
  return names.length === 0
    ? ""
    : `export { ${names.map((name) => `${name} as ${room}_${name}`).join(", ")} } from "${file}";`;
}

async function sizeOf(source, external) {
  const result = await build({
    stdin: { contents: source, resolveDir: core, loader: "js" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2023",
    external,
    write: false,
    metafile: true,
    absWorkingDir: core,
    logLevel: "error",
  });
  const [output] = Object.values(result.metafile.outputs);
  const files = Object.entries(output.inputs)
    .map(([file, { bytesInOutput }]) => [file, bytesInOutput])
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a);
  const bytes = gzipSync(result.outputFiles[0].contents, { level: 9 }).byteLength;
  return { bytes, files };
}
