/** Packs every package into `.packed/` and has publint and attw look at the tarballs. Needs a build. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { report } from "./lib/report.mjs";
import { root } from "./lib/root.mjs";
import { bin, capture, mapAtMost, packages } from "./lib/run.mjs";

const target = path.join(root, ".packed");
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });

const failures = [];
await mapAtMost(2, packages(), async ({ folder, manifest }) => {
  const packed = await capture(bin("pnpm"), ["pack", "--pack-destination", target], {
    cwd: folder,
  });
  if (packed.code !== 0)
    failures.push(`pnpm pack ${manifest.name}\n${packed.stdout}${packed.stderr}`);
});

const tarballs = readdirSync(target).filter((name) => name.endsWith(".tgz"));
await mapAtMost(2, tarballs, async (name) => {
  const file = path.join(target, name);
  const lint = await capture(bin("publint"), ["run", file, "--strict"]);
  if (lint.code !== 0) failures.push(`publint ${name}\n${lint.stdout}${lint.stderr}`);
  const types = await capture(bin("attw"), [
    file,
    ...["--profile", "esm-only", "--format", "ascii", "--no-emoji", "--no-color"],
  ]);
  if (types.code !== 0) failures.push(`attw ${name}\n${types.stdout}${types.stderr}`);
  if (lint.code === 0 && types.code === 0) console.log(`ok: ${name}`);
});

for (const failure of failures) console.error(failure);
report({ passed: tarballs.length * 2 - failures.length, failed: failures.length });
