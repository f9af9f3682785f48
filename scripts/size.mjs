/**
 * How much a host ships: bundles built entries with esbuild and holds them
 * against a budget. The budgets count our own bytes (effect is the host's);
 * beside each stands the total with effect bundled. `--why` names the files that
 * weigh most (minified, before gzip). Needs a build.
 */
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./lib/root.mjs";

const core = path.join(root, "packages", "core");

/**
 * What runs for each issue of a host: where it belongs, what a missed clock does, by
 * when it is due. Decoding documents and telling people why come on top.
 */
const living = `
  export { decodeFacts, locate, route } from "./dist/routing/index.js";
  export { advance } from "./dist/climbing/index.js";
  export { deadlineOf, recompute, remainingAt, resumeDeadline } from "./dist/time/index.js";
`;

/** What each budget bundles; a kilobyte here is 1,000 bytes, minified and gzipped. */
const budgets = [
  { title: "routing, climbing and deadlines", limit: 12_000, source: living },
  { title: "@linli/core", limit: 40_000, source: 'export * from "./dist/index.js";' },
  { title: "@linli/core/issue", source: 'export * from "./dist/issue/index.js";' },
  { title: "@linli/core/promise", source: 'export * from "./dist/promise/index.js";' },
];

const why = process.argv.includes("--why");
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`;

for (const { title, limit, source } of budgets) {
  const { bytes: own, files } = await sizeOf(source, ["effect", "effect/*"]);
  const { bytes: total } = await sizeOf(source, []);
  const verdict = limit === undefined ? "beside" : own <= limit ? "ok" : "TOO BIG";
  const budget = limit === undefined ? "" : ` of ${kilobytes(limit)}`;
  console.log(
    `${verdict}: ${title}: ${kilobytes(own)}${budget} (with effect: ${kilobytes(total)})`,
  );
  if (own < 1000) throw new Error(`${title} is empty: nothing was measured`);
  if (why) for (const [file, bytes] of files) console.log(`    ${kilobytes(bytes)}  ${file}`);
  if (limit !== undefined && own > limit) process.exitCode = 1;
}

// Private

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
