/** Ways to tamper with a data file whose triggers and application stand in nobody's way. */
import { copyFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decodeAnyEntry, encodeEntry } from "@linli/core/journal";
import { platformDigest } from "@linli/core/services";
import * as Result from "effect/Result";

const folder = mkdtempSync(path.join(tmpdir(), "linli-cli-"));
let copies = 0;

/** A copy of a data file, changed by `change`. */
export const tampered = (file: string, change: (database: DatabaseSync) => void): string => {
  const copy = path.join(folder, `copy-${(copies += 1)}.sqlite`);
  copyFileSync(file, copy);
  const database = new DatabaseSync(copy);
  database.exec(
    "DROP TRIGGER IF EXISTS entries_keep_update; DROP TRIGGER IF EXISTS entries_keep_delete",
  );
  change(database);
  database.close();
  return copy;
};

export interface StoredLine {
  readonly seq: number;
  readonly stream: string;
  readonly version: number;
  readonly hash: string;
  readonly value: string;
}

/** The entries of a namespace in feed order. */
export const linesOf = (database: DatabaseSync, namespace = "main"): ReadonlyArray<StoredLine> =>
  database
    .prepare(
      "SELECT seq, stream, version, hash, value FROM entries WHERE namespace = ? ORDER BY seq",
    )
    .all(namespace)
    .map((row) => ({
      seq: Number(row["seq"]),
      stream: String(row["stream"]),
      version: Number(row["version"]),
      hash: String(row["hash"]),
      value: String(row["value"]),
    }));

/** Says something else in the line number `at` (from 0) and changes no hash. */
export const editText = (at: number) => (database: DatabaseSync) => {
  const line = lineAt(database, at);
  setLine(database, line.seq, line.value.replace(/"recordedAt":(\d)/, '"recordedAt":9'), line.hash);
};

/** Rewrites the line number `at`, every hash after it in its stream, and the issue's state. */
export const rewrite = (at: number) => (database: DatabaseSync) => {
  const digest = platformDigest("SHA-256");
  const first = lineAt(database, at);
  const later = linesOf(database).filter(
    (line) => line.stream === first.stream && line.version >= first.version,
  );
  let previous = Result.getOrThrow(decodeAnyEntry(first.value)).previous;
  for (const line of later) {
    const { event, ...head } = Result.getOrThrow(decodeAnyEntry(line.value));
    const recordedAt = line === later[0] ? head.recordedAt + 1 : head.recordedAt;
    const forged = encodeEntry(digest, { ...head, recordedAt }, event, previous);
    setLine(database, line.seq, forged.value, forged.hash);
    previous = forged.hash;
  }
  setHead(database, first.stream, previous);
};

export const drop = (at: number) => (database: DatabaseSync) =>
  void database.prepare("DELETE FROM entries WHERE seq = ?").run(lineAt(database, at).seq);

export const cutFrom = (at: number) => (database: DatabaseSync) =>
  void database
    .prepare("DELETE FROM entries WHERE namespace = 'main' AND seq >= ?")
    .run(lineAt(database, at).seq);

export const swap = (one: number, other: number) => (database: DatabaseSync) => {
  const [low, high] = [lineAt(database, one).seq, lineAt(database, other).seq];
  const move = database.prepare("UPDATE entries SET seq = ? WHERE seq = ?");
  move.run(-1, low);
  move.run(low, high);
  move.run(high, -1);
};

const lineAt = (database: DatabaseSync, at: number): StoredLine => {
  const line = linesOf(database)[at];
  if (line === undefined) throw new Error(`there is no line ${at}`);
  return line;
};

const setLine = (database: DatabaseSync, seq: number, value: string, hash: string) =>
  void database
    .prepare("UPDATE entries SET value = ?, hash = ? WHERE seq = ?")
    .run(value, hash, seq);

const setHead = (database: DatabaseSync, issue: string, head: string) =>
  void database
    .prepare(
      "UPDATE rows SET value = json_set(value, '$.head', ?) " +
        "WHERE namespace = 'main' AND kind = 'issue' AND id = ?",
    )
    .run(head, issue);
