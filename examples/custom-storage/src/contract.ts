/** How the contract opens the driver: `npm run contract -- --driver examples/custom-storage/src/contract.ts`. */
import { storageFromPromise } from "@linli/core/ports";
import type { OpenedStorage } from "@linli/testing";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJsonLines } from "./driver.ts";

export { capabilities } from "./driver.ts";
export const version = "0.1.0";

const folder = mkdtempSync(join(tmpdir(), "linli-lines-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A new, empty storage. */
export const open = (): Promise<OpenedStorage> => openAt(join(folder, `${(files += 1)}.jsonl`));

const openAt = async (path: string): Promise<OpenedStorage> => {
  const { storage, close } = await openJsonLines(path);
  return { storage: storageFromPromise(storage), close, reopen: () => openAt(path) };
};
