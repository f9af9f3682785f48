/** Builds every package into its `dist`: JavaScript by tsup, declarations by `tsc -b`. */
import { rmSync } from "node:fs";
import path from "node:path";
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
  const code = await show(bin("tsc"), ["-b", ...all.map(({ folder }) => folder)]);
  if (code === 0) console.log(`Built ${all.length} packages.`);
  process.exitCode = code;
}
