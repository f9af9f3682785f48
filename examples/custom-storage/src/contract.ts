/** How the contract opens the driver: `npm run contract -- --driver examples/custom-storage/src/contract.ts`. */
import { databaseFromPromise } from "@linli/core/ports";
import { openMigrated } from "@linli/testing";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jsonLinesDatabase } from "./driver.ts";

export { capabilities } from "./driver.ts";
export const version = "0.1.0";

const folder = mkdtempSync(join(tmpdir(), "linli-lines-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A database where nothing is yet. */
export const database = async () =>
  databaseFromPromise(jsonLinesDatabase(join(folder, `${(files += 1)}.jsonl`)));

/** A new, empty storage. */
export const open = async () => openMigrated(await database());
