/** Files on the disk: one name for each, and written through. */
import { closeSync, existsSync, fsyncSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { storageError } from "./Errors.ts";

/** The one absolute name of a file: two spellings of it must meet at the same lock. */
export const canonicalPath = (path: string, operation = "open"): string => {
  if (path === ":memory:") return path;
  const full = resolve(path);
  if (existsSync(full)) return realpathSync(full);
  if (!existsSync(dirname(full))) {
    throw storageError("Misconfigured", operation, "the folder of the file does not exist");
  }
  return join(realpathSync(dirname(full)), basename(full));
};

/** Waits until a file's content is on the disk. */
export const syncFile = (path: string): void => {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Waits until a file's name is on the disk; Windows knows no such wait. */
export const syncFolder = (path: string): void => {
  if (process.platform === "win32") return;
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
