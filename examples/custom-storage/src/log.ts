/** A file of JSON lines: what was appended is on the disk before `append` returns. */
import { StorageError, type StorageReason } from "@linli/core/ports";
import * as fs from "node:fs";

/** Opens the file for this process alone and hands every whole line to `each`. */
export const openLog = (path: string, each: (line: unknown) => void) => {
  const lock = `${path}.lock`;
  takeLock(lock);
  const file = fs.openSync(path, "a+");
  const bytes = fs.readFileSync(path);
  // A line without its end was never acknowledged: the process died while it wrote.
  const whole = bytes.lastIndexOf("\n") + 1;
  fs.ftruncateSync(file, whole);
  const lines = bytes.toString("utf8", 0, whole).split("\n").slice(0, -1);
  for (const line of lines) each(JSON.parse(line));
  let sound = true;
  return {
    append: (line: object) => {
      if (!sound) throw failure("Unavailable", "an earlier write failed; open the storage again");
      try {
        fs.writeFileSync(file, textOf(line));
        fs.fsyncSync(file);
      } catch {
        // What the file holds now is not known, so nothing more is written through this handle.
        sound = false;
        throw failure("Unavailable", "the file could not be written");
      }
    },
    close: () => {
      fs.closeSync(file);
      fs.rmSync(lock, { force: true });
    },
  };
};

/** Whether the first line is there, whole, and the size of the file; opens and locks nothing. */
export const lookAt = (path: string, first: object) => {
  const bytes = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return { reached: bytes < textOf(first).length ? 0 : 1, bytes };
};

const textOf = (line: object) => `${JSON.stringify(line)}\n`;

/** Whoever makes the lock file has the lock; that of a process that is gone is nobody's. */
const takeLock = (lock: string): void => {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: "wx" });
  } catch {
    if (isAlive(Number(fs.readFileSync(lock, "utf8"))))
      throw failure("Locked", `${lock} is of a running process; if it is not Linli's, remove it`);
    fs.rmSync(lock);
    takeLock(lock);
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

const failure = (reason: StorageReason, detail: string) =>
  new StorageError({ reason, operation: "file", detail });
