/**
 * The public API of every entry of every package, as a report in
 * `packages/<package>/etc/<entry>.api.md` that a review can read.
 *
 * Plain: compares, and fails on a difference. With `--update`: writes the
 * reports. Needs a build.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { entriesOf, packages } from "./lib/run.mjs";
import { root } from "./lib/root.mjs";

const update = process.argv.includes("--update");
const scratch = path.join(root, "node_modules", ".cache", "linli", "api");

/**
 * Every entry of the house, mapped to its built declarations. The way through
 * `node_modules` makes the extractor see another package's types as that
 * package's, not copy them into the report.
 */
const paths = Object.fromEntries(
  packages().flatMap(({ manifest }) =>
    entriesOf(manifest).map(({ entry, source }) => [
      path.posix.join(manifest.name, entry),
      [declarationOf(path.join(root, "node_modules", manifest.name), source)],
    ]),
  ),
);

const stale = [];
let count = 0;
for (const { short, folder, manifest } of packages()) {
  const configs = entriesOf(manifest).map(({ entry, source }) =>
    configFor(short, folder, entry, declarationOf(folder, source)),
  );
  const [first, ...others] = configs;
  if (first === undefined) continue;
  const compilerState = CompilerState.create(first.config, {
    additionalEntryPoints: others.map(({ config }) => config.mainEntryPointFilePath),
  });
  for (const { name, config } of configs) {
    extract(config, compilerState);
    settle(short, folder, name);
    count += 1;
  }
  dropStrangers(short, folder, new Set(configs.map(({ name }) => `${name}.api.md`)));
}

if (stale.length > 0) {
  console.error(`\nThe public API is not what its reports say:\n${stale.join("\n")}`);
  console.error("If the change is meant, run `npm run api` and commit the reports.");
  process.exitCode = 1;
} else {
  console.log(update ? `Wrote ${count} API reports.` : `${count} API reports match.`);
}

// Private

function declarationOf(folder, source) {
  return path.join(folder, source.replace(/^src\//, "dist/").replace(/\.ts$/, ".d.ts"));
}

function configFor(short, folder, entry, declaration) {
  const name = entry === "." ? short : entry.slice(2).replaceAll("/", "-");
  const reports = path.join(scratch, short);
  mkdirSync(reports, { recursive: true });
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(folder, "package.json"),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declaration,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2023",
            lib: ["es2024", "esnext.disposable", "dom"],
            module: "nodenext",
            moduleResolution: "nodenext",
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: true,
            types: [],
            paths,
          },
          files: [declaration],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: reports,
        reportTempFolder: reports,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: { default: { logLevel: "none" } },
        extractorMessageReporting: { default: { logLevel: "none" } },
        tsdocMessageReporting: { default: { logLevel: "none" } },
      },
    },
  });
  return { name, config };
}

function extract(config, compilerState) {
  Extractor.invoke(config, {
    localBuild: true,
    compilerState,
    showVerboseMessages: false,
    messageCallback: (message) => {
      // The report itself is compared below; a hint about the compiler's version helps nobody.
      if (message.logLevel !== "error") message.handled = true;
    },
  });
}

/** Compares the fresh report with the committed one, or writes it. */
function settle(short, folder, name) {
  const fresh = readFileSync(path.join(scratch, short, `${name}.api.md`), "utf8");
  const kept = path.join(folder, "etc", `${name}.api.md`);
  const old = existsSync(kept) ? readFileSync(kept, "utf8") : undefined;
  if (old === fresh) return;
  if (update) {
    mkdirSync(path.dirname(kept), { recursive: true });
    writeFileSync(kept, fresh);
    return;
  }
  stale.push(`  ${path.relative(root, kept)}${old === undefined ? " (missing)" : ""}`);
  for (const line of difference(old ?? "", fresh).slice(0, 12)) stale.push(`    ${line}`);
}

/** Lines only in the one or only in the other: enough to see what moved. */
function difference(old, fresh) {
  const [before, after] = [old.split("\n"), fresh.split("\n")];
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

/** Reports of entries that exist no more. */
function dropStrangers(short, folder, known) {
  const etc = path.join(folder, "etc");
  if (!existsSync(etc)) return;
  for (const file of readdirSync(etc)) {
    if (!file.endsWith(".api.md") || known.has(file)) continue;
    if (update) rmSync(path.join(etc, file));
    else stale.push(`  packages/${short}/etc/${file} (its entry is gone)`);
  }
}
