/** Key files: one key for an owner, nothing left of a destroyed one. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeMemoryKeyStore } from "@linli/core/ports";
import type { KeyStore } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { describe, expect, it } from "vitest";
import { openSqliteKeys, openSqliteKeyStore } from "../src/index.ts";

const newFile = () => path.join(mkdtempSync(path.join(tmpdir(), "linli-keys-")), "keys.sqlite");
const keyOf = (id: string, byte: number) => ({ id, bytes: new Uint8Array(32).fill(byte) });
const { runPromise } = Effect;

const stores: ReadonlyArray<readonly [string, () => Promise<KeyStore>]> = [
  ["memory", async () => makeMemoryKeyStore()],
  ["sqlite", async () => (await openSqliteKeys({ path: newFile() })).keys],
];

describe.each(stores)("the %s key store", (_, open) => {
  it("never answers with a key that it did not keep", async () => {
    const keys = await open();
    await runPromise(keys.current("a", keyOf("k", 1)));
    // An id that is another owner's already: unguessable ids never are.
    const again = await runPromise(Effect.result(keys.current("b", keyOf("k", 2))));
    expect(again).toMatchObject({
      ...{ _tag: "Failure", failure: { reason: "Invalid", operation: "keys.current" } },
    });
    expect(await runPromise(keys.holds("b"))).toBe(false);
    expect((await runPromise(keys.find(["k"]))).get("k")).toEqual(keyOf("k", 1).bytes);
  });

  it("keeps the first key of an owner, whoever asks", async () => {
    const keys = await open();
    const asked = await Promise.all(
      [1, 2, 3].map((n) => runPromise(keys.current("a", keyOf(`k${n}`, n)))),
    );
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    await runPromise(keys.current("b", keyOf("kb", 9)));
    const found = await runPromise(keys.find(["kb", "k1", "none"]));
    expect([...found.keys()].toSorted()).toEqual(["k1", "kb"]);
    expect(found.get("kb")).toEqual(keyOf("kb", 9).bytes);
  });

  it("destroys, remembers, and gives whoever comes back another key", async () => {
    const keys = await open();
    expect(await runPromise(keys.holds("a"))).toBe(false);
    const erase = (owner: string, at: number) =>
      runPromise(keys.erase({ namespace: "main", owner, at }));
    await runPromise(keys.current("a", keyOf("k1", 1)));
    expect(await runPromise(keys.holds("a"))).toBe(true);
    expect(await erase("a", 5)).toEqual({ namespace: "main", owner: "a", at: 5, keys: ["k1"] });
    expect((await runPromise(keys.find(["k1"]))).size).toBe(0);
    expect(await runPromise(keys.holds("a"))).toBe(false);
    expect((await runPromise(keys.current("a", keyOf("k2", 2)))).id).toBe("k2");
    await runPromise(keys.destroy(["k2", "none"]));
    expect((await runPromise(keys.find(["k2"]))).size).toBe(0);
    await erase("nobody", 7);
    expect((await runPromise(keys.erasures)).map(({ owner, keys: ids }) => [owner, ids])).toEqual([
      ["a", ["k1"]],
      ["nobody", []],
    ]);
  });
});

describe("a key file", () => {
  it.skipIf(process.platform === "win32")("is for its owner's eyes only", async () => {
    const file = newFile();
    await (await openSqliteKeys({ path: file })).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("holds nothing of a destroyed key, and everything else after reopening", async () => {
    const file = newFile();
    const first = await openSqliteKeys({ path: file });
    const second = await openSqliteKeys({ path: file });
    await runPromise(first.keys.current("a", keyOf("k1", 0xa5)));
    await runPromise(second.keys.current("b", keyOf("k2", 0x5a)));
    const bytesIn = (byte: number) =>
      readdirSync(path.dirname(file)).some((name) =>
        readFileSync(path.join(path.dirname(file), name)).includes(Buffer.alloc(32, byte)),
      );
    expect(bytesIn(0xa5)).toBe(true);
    await runPromise(second.keys.erase({ namespace: "main", owner: "a", at: 1 }));
    expect(bytesIn(0xa5)).toBe(false);
    await Promise.all([first.close(), second.close()]);
    const program = Effect.flatMap(openSqliteKeyStore({ path: file }), (keys) =>
      Effect.all([keys.find(["k1", "k2"]), keys.erasures]),
    );
    const [found, erasures] = await runPromise(Effect.scoped(program));
    expect([...found.keys()]).toEqual(["k2"]);
    expect(erasures).toHaveLength(1);
  });

  it("waits for another program without blocking, then says Contention", async () => {
    const file = newFile();
    const { keys, close } = await openSqliteKeys({ path: file, lockWaitMillis: 60 });
    await runPromise(keys.current("a", keyOf("k1", 1)));
    const other = new DatabaseSync(file);
    const calls: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
      ["keys.current", () => runPromise(keys.current("b", keyOf("k2", 2)))],
      ["keys.find", () => runPromise(keys.find(["k1"]))],
      ["keys.erase", () => runPromise(keys.erase({ namespace: "main", owner: "none", at: 1 }))],
      ["keys.destroy", () => runPromise(keys.destroy(["none"]))],
      ["keys.erasures", () => runPromise(keys.erasures)],
      ["keys.open", async () => (await openSqliteKeys({ path: file, lockWaitMillis: 60 })).close()],
    ];
    for (const [operation, call] of calls) {
      other.exec("BEGIN EXCLUSIVE");
      let turns = 0;
      const ticking = setInterval(() => (turns += 1), 1);
      await expect(call()).rejects.toMatchObject({ operation, reason: "Contention" });
      clearInterval(ticking);
      expect(turns).toBeGreaterThan(3);
      const waiting = call();
      await new Promise((resolve) => setImmediate(resolve));
      other.exec("ROLLBACK");
      await waiting;
    }
    expect(await runPromise(keys.erasures)).toHaveLength(1);
    expect([...(await runPromise(keys.find(["k1", "k2"]))).keys()]).toEqual(["k1", "k2"]);
    other.close();
    await close();
  });

  it("that must exist is not made where it is missing or empty", async () => {
    const file = newFile();
    const missing = openSqliteKeys({ path: file, mustExist: true });
    await expect(missing).rejects.toMatchObject({
      reason: "Misconfigured",
      operation: "keys.open",
    });
    await expect(missing).rejects.toThrow(/is missing: check the path/);
    expect(readdirSync(path.dirname(file))).toEqual([]);
    writeFileSync(file, "");
    const empty = openSqliteKeys({ path: file, mustExist: true });
    await expect(empty).rejects.toThrow(/is empty: check the path/);
    expect(readFileSync(file)).toHaveLength(0);
    const made = await openSqliteKeys({ path: file });
    await runPromise(made.keys.current("a", keyOf("k1", 1)));
    await made.close();
    const again = await openSqliteKeys({ path: file, mustExist: true });
    expect(await runPromise(again.keys.holds("a"))).toBe(true);
    await again.close();
  });

  it("is not mistaken for another file", async () => {
    const other = newFile();
    new DatabaseSync(other).exec("CREATE TABLE t (x)");
    await expect(openSqliteKeys({ path: other })).rejects.toMatchObject({
      reason: "Misconfigured",
    });
    const text = newFile();
    writeFileSync(text, "no database at all, only some text that is long enough to be read");
    await expect(openSqliteKeys({ path: text })).rejects.toMatchObject({ reason: "Corrupt" });
    await expect(openSqliteKeys({ path: `${text}/none` })).rejects.toMatchObject({
      operation: "keys.open",
    });
  });
});
