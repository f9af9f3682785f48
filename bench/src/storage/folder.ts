/** A folder for one run. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Beside the installed peers: on a disk, which the folder for temporary files may not be. */
export const cacheFolder = (): string => {
  const cache = join(dirname(fileURLToPath(import.meta.url)), "../../node_modules/.cache/linli");
  mkdirSync(cache, { recursive: true });
  return cache;
};

/** A new one in it. */
export const makeFolder = (): string => mkdtempSync(join(cacheFolder(), "storage-"));
