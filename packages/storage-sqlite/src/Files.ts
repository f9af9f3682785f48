/** Files on the disk: one name for each, and written through. */
import type { StorageError } from "@linli/core/ports";
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { storageError } from "./Errors.ts";

/**
 * The one absolute name of a file: two spellings of it must meet at the same lock. Nothing
 * need be there yet, but what is there must be a plain file.
 */
export const canonicalPath = (path: string, operation = "open"): string => {
  if (path === ":memory:") return path;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw storageError(
      "Misconfigured",
      operation,
      "the path of the file must be a text, not empty",
    );
  }
  return placeOf(resolve(path), operation, MOST_LINKS);
};

/**
 * Why SQLite could not make or open a file for writing, which it does not tell: `ReadOnly`
 * when nobody may write there; null when that is not the reason.
 */
export const readOnlyAt = (path: string, operation: string): StorageError | null => {
  try {
    closeSync(openSync(path, "a"));
    return null;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : null;
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return null;
    const detail = "the folder of the file cannot be written, and files are needed there";
    return storageError("ReadOnly", operation, detail, cause);
  }
};

/** True when a file may be read by us, which only opening it can tell. */
export const isReadable = (path: string): boolean => {
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch {
    return false;
  }
};

/** True when two names lead to the very same file, through links too. */
export const isSameFile = (one: string, other: string): boolean => {
  if (!existsSync(one) || !existsSync(other)) return false;
  const [a, b] = [statSync(one), statSync(other)];
  return a.ino === b.ino && a.dev === b.dev;
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

// Private

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40;

// SQLite makes a file where a link leads, so a link to nothing yet is followed as well.
const placeOf = (full: string, operation: string, links: number): string => {
  if (existsSync(full)) {
    if (statSync(full).isFile()) return realpathSync(full);
    throw storageError("Misconfigured", operation, "the path leads to a folder or no plain file");
  }
  if (!existsSync(dirname(full))) {
    throw storageError("Misconfigured", operation, "the folder of the file does not exist");
  }
  const place = join(realpathSync(dirname(full)), basename(full));
  const link = lstatSync(place, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() !== true) return place;
  if (links === 0) {
    throw storageError("Misconfigured", operation, "the path leads through links in a circle");
  }
  return placeOf(resolve(dirname(place), readlinkSync(place)), operation, links - 1);
};
