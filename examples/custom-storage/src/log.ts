/** A file of JSON lines: what was appended is on the disk before `append` returns. */
import { StorageError, type StorageReason } from "@linli/core/ports";
import * as fs from "node:fs";

/** Opens the file for this process alone and hands every whole line to `each`. */
export const openLog = (path: string, each: (line: unknown) => void) => {
  const lock = `${path}.lock`;
  if (fs.existsSync(lock) && isAlive(Number(fs.readFileSync(lock, "utf8"))))
    throw failure("Locked", "another handle has the file open");
  fs.writeFileSync(lock, String(process.pid));
  const file = fs.openSync(path, "a+");
  const bytes = fs.readFileSync(path);
  // A line without its end was never acknowledged: the process died while it wrote.
  const whole = bytes.lastIndexOf("\n") + 1;
  fs.ftruncateSync(file, whole);
  for (const line of bytes.toString("utf8", 0, whole).split("\n")) {
    if (line !== "") each(JSON.parse(line));
  }
  let sound = true;
  return {
    append: (line: object) => {
      if (!sound) throw failure("Unavailable", "an earlier write failed; open the storage again");
      const text = Buffer.from(`${JSON.stringify(line)}\n`);
      try {
        for (let at = 0; at < text.length;) at += fs.writeSync(file, text, at);
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

/** Whether the first line is written, and the size of the file; opens and locks nothing. */
export const lookAt = (path: string) => {
  const bytes = fs.existsSync(path) ? fs.readFileSync(path) : Buffer.alloc(0);
  return { reached: bytes.includes("\n") ? 1 : 0, bytes: bytes.length };
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const failure = (reason: StorageReason, detail: string) =>
  new StorageError({ reason, operation: "file", detail });
