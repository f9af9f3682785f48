/**
 * Builds every package into its `dist`: JavaScript by tsup, declarations by `tsc -b`.
 * Calls that only make a value (schemas above all) are marked pure, as Effect's own
 * packages do, so that a host's bundler drops the schemas of what it does not use.
 */
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { transformSync } from "@babel/core";
import { bin, capture, mapAtMost, packages, show } from "./lib/run.mjs";
import { root } from "./lib/root.mjs";

const all = packages();
// The compiler's own record lies in dist too, so it never believes in deleted declarations.
for (const { folder } of all) rmSync(path.join(folder, "dist"), { recursive: true, force: true });

const results = await mapAtMost(2, all, ({ folder }) =>
  capture(bin("tsup"), ["--config", path.join(root, "tsup.config.ts")], { cwd: folder }),
);
results.forEach(({ code, stdout, stderr }, index) => {
  if (code === 0) return;
  process.stderr.write(`@linli/${all[index].short} does not build:\n${stdout}${stderr}\n`);
  process.exitCode = 1;
});
if (!process.exitCode) {
  for (const { folder } of all) markPureCalls(path.join(folder, "dist"));
  const code = await show(bin("tsc"), ["-b", ...all.map(({ folder }) => folder)]);
  if (code === 0) console.log(`Built ${all.length} packages.`);
  process.exitCode = code;
}

// Private

function markPureCalls(dist) {
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".js")) continue;
    const file = path.join(dist, name);
    const { code, map } = transformSync(readFileSync(file, "utf8"), {
      plugins: ["annotate-pure-calls"],
      babelrc: false,
      configFile: false,
      inputSourceMap: JSON.parse(readFileSync(`${file}.map`, "utf8")),
      sourceMaps: true,
    });
    writeFileSync(file, `${code}\n//# sourceMappingURL=${path.basename(file)}.map\n`);
    writeFileSync(`${file}.map`, JSON.stringify(map));
  }
}
