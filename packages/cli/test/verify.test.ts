import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { ed25519Signer, makeMemoryStorage } from "@linli/core/ports";
import { createDesk } from "@linli/core/promise";
import { openSqlite } from "@linli/storage-sqlite";
import { describe, expect, it } from "vitest";
import { storageSource, verifySource } from "../src/index.ts";
import type { VerifyReport } from "../src/index.ts";
import { run } from "./support/run.ts";
import { cutFrom, drop, editText, linesOf, rewrite, swap, tampered } from "./support/tamper.ts";
import { liveAWhile, openStreet } from "./support/town.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const V1 = here("fixtures/v1.sqlite");
const SEALS = here("fixtures/v1.seals");
const KEY = here("fixtures/v1.pem");
const ENTRIES = 36;

const faultIn = async (file: string, ...more: ReadonlyArray<string>) => {
  const { code, out } = await run(
    "verify",
    "--data",
    file,
    "--namespace",
    "main",
    "--json",
    ...more,
  );
  const verdict = (JSON.parse(out) as VerifyReport).namespaces[0]?.verdict;
  return { code, ...(verdict?._tag === "Broken" ? verdict.fault : { kind: null }) };
};

/** Places all over the journal. */
const PLACES = [0, 1, 7, 18, 29, ENTRIES - 1];

describe("a data file written by the first release", () => {
  it("verifies, by itself and against its seals and their signature", async () => {
    expect(await run("verify", "--data", V1)).toMatchObject({ code: 0, err: "" });
    const { code, out } = await run("verify", "--data", V1, "--seals", SEALS, "--key", KEY);
    expect(out).toBe(
      "main: sound. 36 entries in 9 streams; 36 under 1 seals (the last of 2026-11-23T01:00:00.000Z), 1 of them signed, 0 not sealed yet.\n" +
        "with-sm3: sound. 11 entries in 3 streams; 11 under 1 seals (the last of 2026-11-23T01:00:00.000Z), 1 of them signed, 0 not sealed yet.\n",
    );
    expect(code).toBe(0);
  });

  it("is not changed by verifying it", async () => {
    const before = readFileSync(V1);
    await run("verify", "--data", V1, "--seals", SEALS);
    expect(readFileSync(V1).equals(before)).toBe(true);
  });
});

describe("the first bad position is named", () => {
  it.each(PLACES)("for a changed entry, at %i", async (at) => {
    const fault = { code: 1, kind: "Edited", position: at + 1 };
    expect(await faultIn(tampered(V1, editText(at)))).toMatchObject(fault);
    expect(await faultIn(tampered(V1, editText(at)), "--seals", SEALS)).toMatchObject(fault);
  });

  it.each(PLACES)("for an entry rewritten with everything that hangs on it, at %i", async (at) => {
    const file = tampered(V1, rewrite(at));
    // Nothing in the file contradicts it: only a seal kept elsewhere does.
    expect(await faultIn(file)).toMatchObject({ code: 0 });
    expect(await faultIn(file, "--seals", SEALS)).toMatchObject({
      ...{ code: 1, kind: "Edited", position: at + 1, seal: 1 },
    });
  });

  it.each(PLACES)("for a deleted entry, at %i", async (at) => {
    const file = tampered(V1, drop(at));
    const lines = linesOf(new DatabaseSync(V1));
    const { stream, version } = lines[at] ?? {};
    const isOfIt = (line: { readonly stream: string }) => line.stream === stream;
    // What no seal holds can have been anywhere between its neighbours in the stream.
    const next = lines.findIndex((line, i) => i > at && isOfIt(line));
    const earliest = lines.findLastIndex((line, i) => i < at && isOfIt(line)) + 2;
    const latest = next < 0 ? ENTRIES : next;
    const found = await faultIn(file);
    expect(found).toMatchObject({ code: 1, stream, version, position: earliest });
    expect("latest" in found ? found.latest : earliest).toBe(latest);
    expect(await faultIn(file, "--seals", SEALS)).toMatchObject({
      ...{ code: 1, kind: at === ENTRIES - 1 ? "Truncated" : "Missing", position: at + 1 },
    });
  });

  it.each([
    [0, 1],
    [3, 30],
    [7, ENTRIES - 1],
  ])("for entries %i and %i that changed places", async (low, high) => {
    const file = tampered(V1, swap(low, high));
    expect(await faultIn(file, "--seals", SEALS)).toMatchObject({
      ...{ code: 1, kind: "Swapped", position: low + 1 },
    });
  });

  it.each(PLACES)("for a journal cut off from %i on", async (at) => {
    const file = tampered(V1, cutFrom(at));
    // The stream that ends earliest is named: behind its last entry, and up to where all ends.
    const lines = linesOf(new DatabaseSync(V1));
    const ends = lines
      .slice(at)
      .map(({ stream }) => lines.findLastIndex((line, i) => i < at && line.stream === stream));
    const earliest = Math.min(...ends) + 2;
    const bounds = earliest < at + 1 ? { latest: at + 1 } : {};
    expect(await faultIn(file)).toMatchObject({
      ...{ code: 1, kind: "Truncated", position: earliest, ...bounds },
    });
    if (earliest < at + 1) {
      const { out } = await run("verify", "--data", file);
      expect(out).toContain(`at entry ${earliest} or later, ${at + 1} at the latest, stream`);
    }
    expect(await faultIn(file, "--seals", SEALS)).toMatchObject({
      ...{ code: 1, kind: "Truncated", position: at + 1 },
    });
  });

  it("for a journal gone together with all its issues", async () => {
    const file = tampered(V1, (database) => {
      database.exec("DELETE FROM entries WHERE namespace = 'main'");
      database.exec("DELETE FROM rows WHERE namespace = 'main'");
    });
    expect((await run("verify", "--data", file)).code).toBe(0);
    expect(await faultIn(file, "--seals", SEALS)).toMatchObject({ kind: "Truncated", position: 1 });
  });

  it("for an issue's state that was put back, or removed", async () => {
    const put = tampered(V1, (database) =>
      database.exec(
        "UPDATE rows SET value = json_set(value, '$.state.version', 1) WHERE kind = 'issue' AND namespace = 'main'",
      ),
    );
    expect(await faultIn(put)).toMatchObject({ code: 1, kind: "State", position: null });
    const gone = tampered(V1, (database) => database.exec("DELETE FROM rows WHERE kind = 'issue'"));
    expect(await faultIn(gone)).toMatchObject({ code: 1, kind: "State" });
    const torn = tampered(V1, (database) =>
      database.exec(`UPDATE rows SET value = '{"v":1}' WHERE kind = 'issue'`),
    );
    expect(await faultIn(torn)).toMatchObject({ code: 1, kind: "State" });
  });
});

describe("a damaged file", () => {
  it("is Damaged wherever a table and its indexes tell two stories, whichever is read", async () => {
    const bytes = readFileSync(V1);
    const lines = linesOf(new DatabaseSync(V1));
    const stream = lines[0]?.stream ?? "";
    const folder = mkdtempSync(path.join(tmpdir(), "linli-cli-"));
    let damaged = 0;
    // Each entry of the stream is named in the table and in the index that finds it; a name may
    // lie once more where no page is in use, and then nothing is wrong.
    for (const { index } of bytes.toString("latin1").matchAll(new RegExp(`main${stream}`, "g"))) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      const file = path.join(folder, `changed-at-${index}.sqlite`);
      writeFileSync(file, changed);
      const { code, out } = await run("verify", "--data", file, "--json");
      if (code === 0) continue;
      damaged += 1;
      expect(JSON.parse(out)).toMatchObject({
        ...{ sound: false, namespaces: [] },
        fault: { kind: "Damaged" },
      });
      const told = await run("verify", "--data", file, "--seals", SEALS);
      expect(told).toMatchObject({ code: 1, err: "" });
      expect(told.out).toMatch(/^the data: BROKEN - Damaged: .*\.\nKeep this file as it is/);
      const inChinese = await run("verify", "--data", file, "--lang", "zh");
      expect(inChinese.out).toMatch(/^数据文件：已损坏 .*\n请原样保留此文件/);
      const checkpoint = await run("checkpoint", "--data", file);
      expect(checkpoint.code).toBe(1);
    }
    const entries = lines.filter((line) => line.stream === stream).length;
    expect(damaged).toBeGreaterThanOrEqual(2 * entries);
  });

  it("is Damaged when it cannot be read to its end", async () => {
    const bytes = readFileSync(V1);
    const file = path.join(mkdtempSync(path.join(tmpdir(), "linli-cli-")), "noise.sqlite");
    writeFileSync(
      file,
      Buffer.concat([bytes.subarray(0, bytes.length - 8192), Buffer.alloc(8192, 0xa5)]),
    );
    const { code, out } = await run("verify", "--data", file, "--json");
    expect({ code, ...(JSON.parse(out) as VerifyReport).fault }).toMatchObject({
      ...{ code: 1, kind: "Damaged" },
    });
  });
});

describe("an issue's state edited by hand", () => {
  const stateOf = (file: string) => {
    const rows = new DatabaseSync(file)
      .prepare("SELECT id, value FROM rows WHERE namespace = 'main' AND kind = 'issue' ORDER BY id")
      .all();
    return rows.map(({ id, value }) => ({
      id: String(id),
      state: (JSON.parse(String(value)) as { state: Record<string, unknown> }).state,
    }));
  };
  const set = (id: string, field: string, value: string) => (database: DatabaseSync) =>
    void database
      .prepare(
        `UPDATE rows SET value = json_set(value, '$.state.${field}', json(?)) ` +
          "WHERE namespace = 'main' AND kind = 'issue' AND id = ?",
      )
      .run(value, id);

  it("is named with the issue and the field, whichever it is", async () => {
    const issues = stateOf(V1);
    const [issue] = issues;
    if (issue === undefined) throw new Error("the fixture has no issues");
    for (const field of Object.keys(issue.state)) {
      if (field === "version") continue;
      const file = tampered(V1, set(issue.id, field, '"forged"'));
      expect(await faultIn(file), field).toMatchObject({
        ...{ code: 1, kind: "State", position: null, stream: issue.id, path: `/${field}` },
      });
    }
    const deep = tampered(V1, set(issue.id, "handler.person", '"somebody-else"'));
    expect(await faultIn(deep, "--seals", SEALS)).toMatchObject({
      ...{ kind: "State", stream: issue.id, path: "/handler/person" },
    });
    const { out } = await run("verify", "--data", deep);
    expect(out).toContain(
      `stream "${issue.id}" version 3 - State: the issue's state is not what its journal gives, at /handler/person.`,
    );
  });

  it("is named wherever it stands among many, and an unreadable one too", async () => {
    const last = stateOf(V1).at(-1);
    const file = tampered(V1, set(last?.id ?? "", "escalations", "9"));
    expect(await faultIn(file)).toMatchObject({ stream: last?.id, path: "/escalations" });
    const torn = tampered(V1, (database) =>
      database.exec("UPDATE rows SET value = '{' WHERE kind = 'issue' AND namespace = 'main'"),
    );
    expect(await faultIn(torn)).toMatchObject({
      why: "the issue's stored state cannot be read: it is not JSON",
    });
  });
});

describe("a content changed by hand", () => {
  const first = () => {
    const rows = new DatabaseSync(V1)
      .prepare("SELECT id FROM rows WHERE namespace = 'main' AND kind = 'content' ORDER BY id")
      .all();
    return String(rows[0]?.["id"]);
  };
  const changed = (sql: string) =>
    tampered(
      V1,
      (database) =>
        void database
          .prepare(`${sql} WHERE namespace = 'main' AND kind = 'content' AND id = ?`)
          .run(first()),
    );

  it("is named, whether it says something else, is gone, or was made to look forgotten", async () => {
    const set = (field: string, value: string) =>
      changed(`UPDATE rows SET value = json_set(value, '$.${field}', json('${value}'))`);
    const cases = [
      [set("words", '"all is well"'), "is not what the journal says was written"],
      [set("attachments", "[{}]"), "is not what the journal says was written"],
      [changed("UPDATE rows SET value = '{'"), "is not what the journal says was written"],
      [changed("DELETE FROM rows"), "is missing"],
      [
        changed(
          "UPDATE rows SET value = json_set(value, '$.words', null, '$.erased', json('true'))",
        ),
        "is gone, and no entry says why",
      ],
    ] as const;
    for (const [file, why] of cases) {
      expect(await faultIn(file), why).toMatchObject({
        ...{ code: 1, kind: "Content", path: "/content/0", why: expect.stringContaining(why) },
      });
    }
  });
});

describe("seals in the file and seals kept elsewhere", () => {
  const sealed = async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "linli-cli-")), "sealed.sqlite");
    copyFileSync(V1, file);
    const { storage, close } = await openSqlite({ path: file });
    const street = await openStreet(storage);
    await street.desk.seal();
    const text = await street.desk.exportSeals();
    writeFileSync(`${file}.seals`, text);
    await close();
    return file;
  };

  it("are used together; a stored one that was replaced shows", async () => {
    const file = await sealed();
    expect(await run("verify", "--data", file)).toMatchObject({ code: 0 });
    expect(await faultIn(tampered(file, rewrite(4)))).toMatchObject({
      kind: "Edited",
      position: 5,
    });
    const other = tampered(file, (database) =>
      database.exec("UPDATE rows SET value = json_set(value, '$.sealedAt', 1) WHERE kind = 'seal'"),
    );
    expect(await faultIn(other)).toMatchObject({ kind: "Seal", why: "it was changed" });
    // A whole new row of seals over a rewritten journal contradicts the one kept elsewhere.
    const forged = tampered(file, (database) => {
      rewrite(4)(database);
      database.exec("DELETE FROM rows WHERE kind IN ('seal', 'projection')");
      database.exec("DELETE FROM index_entries WHERE kind = 'seal'");
      database.exec("DELETE FROM jobs WHERE queue = 'seal'");
    });
    const { storage, close } = await openSqlite({ path: forged });
    await (await openStreet(storage)).desk.seal();
    await close();
    expect(await faultIn(forged)).toMatchObject({ code: 0 });
    expect(await faultIn(forged, "--seals", `${file}.seals`)).toMatchObject({ kind: "Seal" });
  });

  it("verify while the file is open and written to", async () => {
    const file = await sealed();
    const { storage, close } = await openSqlite({ path: file });
    const { desk } = await openStreet(storage, "main", undefined, 1000);
    await desk.begin({ type: "report", place: { unit: "B1" } }, { actor: { person: "r-new" } });
    const { code, out } = await run("verify", "--data", file, "--namespace", "main");
    expect(out).toContain(" 1 not sealed yet");
    expect(code).toBe(0);
    await close();
  });
});

describe("a signed journal of which seals were taken away", () => {
  const signedFile = async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "linli-cli-"));
    const [file, key] = [path.join(folder, "signed.sqlite"), path.join(folder, "town.pem")];
    const pair = generateKeyPairSync("ed25519", {
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    writeFileSync(key, pair.publicKey);
    const { storage, close } = await openSqlite({ path: file });
    const street = await openStreet(storage);
    const signer = ed25519Signer({ keyId: "town", privateKey: pair.privateKey });
    const signing = await createDesk({ storage, now: () => street.clock.now, signer });
    for (let round = 0; round < 3; round += 1) {
      await liveAWhile(street, 1);
      await signing.seal({ now: true });
    }
    writeFileSync(`${file}.seals`, await signing.exportSeals({ after: 2 }));
    await close();
    return { file, key: ["--key", key], kept: ["--seals", `${file}.seals`] };
  };
  const forged = (file: string, which: string) =>
    tampered(file, (database) => {
      rewrite(0)(database);
      database.exec(`DELETE FROM rows WHERE kind = 'seal' AND id ${which}`);
    });

  it("is broken, whichever are gone", async () => {
    const { file, key } = await signedFile();
    expect(await faultIn(file, ...key)).toMatchObject({ code: 0 });
    expect(await faultIn(forged(file, "IS NULL"), ...key)).toMatchObject({
      ...{ code: 1, kind: "Edited", position: 1, seal: 1 },
    });
    expect(await faultIn(forged(file, "LIKE '%1'"), ...key)).toMatchObject({
      ...{ code: 1, kind: "Seal", seal: 2, why: "seal 1 is missing" },
    });
    expect(await faultIn(forged(file, "NOT LIKE '%3'"), ...key)).toMatchObject({
      ...{ code: 1, kind: "Seal", seal: 3, why: "seals 1 to 2 are missing" },
    });
    expect(await faultIn(forged(file, "LIKE '%2'"), ...key)).toMatchObject({
      ...{ code: 1, kind: "Seal", seal: 3, why: "seal 2 is missing before it" },
    });
    // The last ones leave a trace in the row where sealing keeps its place, unless that is set back.
    const gone = { code: 1, kind: "Seal", seal: 3 };
    expect(await faultIn(forged(file, "LIKE '%3'"), ...key)).toMatchObject(gone);
    expect(await faultIn(forged(file, "IS NOT NULL"))).toMatchObject({
      ...{ code: 1, kind: "Seal", position: 1, seal: 1 },
      why: "seal 1 is missing; sealing had come to seal 3",
    });
    const forgetful = tampered(forged(file, "IS NOT NULL"), (database) =>
      database.exec("DELETE FROM rows WHERE kind = 'projection' AND id = 'seals'"),
    );
    expect(await faultIn(forgetful, ...key)).toMatchObject({
      ...{ code: 1, kind: "Seal", position: null, seal: null },
      why: "there is no seal whose signature could vouch for the entries",
    });
    const { out } = await run("verify", "--data", forgetful, ...key);
    expect(out).toContain("main: BROKEN - Seal: there is no seal whose signature");
  });

  it("shows against the last seal alone, kept elsewhere", async () => {
    const { file, key, kept } = await signedFile();
    expect(await faultIn(file, ...key, ...kept)).toMatchObject({ code: 0 });
    expect(await faultIn(forged(file, "IS NULL"), ...key, ...kept)).toMatchObject({
      ...{ code: 1, kind: "Edited", position: 1 },
    });
    expect(await faultIn(forged(file, "IS NOT NULL"), ...kept)).toMatchObject({
      ...{ code: 1, kind: "Seal", why: "seals 1 to 2 are missing" },
    });
  });
});

describe("a checkpoint kept elsewhere", () => {
  const kept = path.join(mkdtempSync(path.join(tmpdir(), "linli-cli-")), "kept");

  it.each(PLACES)("shows what no seal covers, rewritten with its state at %i", async (at) => {
    const taken = await run("checkpoint", "--data", V1);
    expect(taken).toMatchObject({ code: 0, err: "" });
    expect(taken.out.trim().split("\n")).toHaveLength(2);
    writeFileSync(kept, taken.out);
    const sound = await run("verify", "--data", V1, "--seals", kept);
    expect(sound.out).toContain(
      "36 entries in 9 streams; 0 under 0 seals, 36 more under a checkpoint, 36 not sealed yet.",
    );
    const file = tampered(V1, rewrite(at));
    expect(await faultIn(file)).toMatchObject({ code: 0 });
    expect(await faultIn(file, "--seals", kept)).toMatchObject({
      ...{ code: 1, kind: "Edited", position: at + 1, seal: null },
    });
    expect(await faultIn(tampered(V1, cutFrom(at)), "--seals", kept)).toMatchObject({
      ...{ code: 1, kind: "Truncated", position: at + 1 },
    });
  });

  it("may be signed; then a wrong, an unknown and a missing signature are named", async () => {
    const folder = path.dirname(kept);
    const write = (name: string, text: string) => {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      return file;
    };
    const pair = () =>
      generateKeyPairSync("ed25519", {
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
      });
    const [own, other] = [pair(), pair()];
    const secret = write("town.key", own.privateKey);
    const key = write("town.pem", own.publicKey);
    const wrong = write("other.pem", other.publicKey);
    const take = (...more: ReadonlyArray<string>) => run("checkpoint", "--data", V1, ...more);
    const signed = await take("--sign", `town=${secret}`);
    expect(signed).toMatchObject({ code: 0, err: "" });
    expect(signed.out).toContain('"keyId":"town"');
    const file = write("signed", signed.out);
    const verify = (points: string, ...more: ReadonlyArray<string>) =>
      run("verify", "--data", V1, "--seals", SEALS, "--checkpoint", points, ...more);
    const both = ["--key", KEY, "--key", key];
    expect((await verify(file)).code).toBe(0);
    const cases = [
      [file, both, null],
      [file, ["--key", KEY, "--key", `town=${wrong}`], "the signature of a checkpoint is not good"],
      [file, ["--key", KEY], "no key is known for the signature of a checkpoint"],
      [write("unsigned", (await take()).out), both, "a checkpoint is not signed"],
      [write("cut", signed.out.replace(/,"signature":\{[^}]*\}/g, "")), [], null],
    ] as const;
    for (const [points, keys, why] of cases.slice(0, 4)) {
      const { code, out } = await verify(points, ...keys);
      expect(code, String(why)).toBe(why === null ? 0 : 1);
      if (why !== null) expect(out).toContain(`Seal: ${why}`);
    }
    // Without its signature it is no checkpoint of format 2, and under format 1 its hash is another.
    expect((await verify(cases[4][0])).code).toBe(2);
    const older = signed.out.replace(/,"signature":\{[^}]*\}/g, "").replaceAll('"v":2', '"v":1');
    expect((await verify(write("older", older))).out).toContain("a checkpoint was changed");
    expect((await take("--sign", key)).code).toBe(2);
    expect((await run("verify", "--data", V1, "--sign", secret)).code).toBe(2);
  });

  it("is not taken of what is broken, and says what is", async () => {
    const taken = await run("checkpoint", "--data", tampered(V1, editText(3)));
    expect(taken.code).toBe(1);
    expect(taken.out).toContain("main: BROKEN at entry 4");
    expect(taken.out).not.toContain("takenAt");
  });

  it("shows a namespace that is gone altogether", async () => {
    writeFileSync(kept, (await run("checkpoint", "--data", V1)).out);
    const file = tampered(V1, (database) => {
      database.exec("DELETE FROM entries WHERE namespace = 'with-sm3'");
      database.exec("DELETE FROM rows WHERE namespace = 'with-sm3'");
    });
    const { code, out } = await run("verify", "--data", file, "--seals", kept);
    expect(out).toContain("with-sm3: BROKEN at entry 1 - Truncated");
    expect(code).toBe(1);
  });
});

describe("the command", () => {
  it("answers 2 for what cannot be used, and says what", async () => {
    const text = path.join(mkdtempSync(path.join(tmpdir(), "linli-cli-")), "text");
    writeFileSync(text, "not a database at all, only some text that is long enough");
    const empty = path.join(path.dirname(text), "empty.seals");
    writeFileSync(empty, "\n\n");
    const other = path.join(path.dirname(text), "other.sqlite");
    new DatabaseSync(other).exec("CREATE TABLE t (x)");
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [[], ""],
      [["frobnicate"], "there is no command"],
      [["verify"], "--data FILE"],
      [["verify", "--data", V1, "--wrong"], "Unknown option"],
      [["verify", "--data", `${V1}.gone`], "there is no file"],
      [["verify", "--data", path.dirname(V1)], "is not a file"],
      [["verify", "--data", text], "cannot be read as an SQLite database"],
      [["verify", "--data", other], "is not a data file of Linli's"],
      [["verify", "--data", "mysql://somewhere/x"], "no driver here reads"],
      [["verify", "--data", V1, "--seals", KEY], "is not JSON"],
      [["verify", "--data", V1, "--seals", empty], "holds no seal and no checkpoint"],
      [["verify", "--data", V1, "--seals", SEALS, "--namespace", "other"], "nothing of the"],
      [["verify", "--data", V1, "--key", SEALS], "no Ed25519 key"],
      [["verify", "--data", V1, "--namespace", "nowhere"], "there are: main"],
    ];
    for (const [args, message] of cases) {
      const { code, err, out } = await run(...args);
      expect(err).toContain(message);
      expect(code, args.join(" ")).toBe(2);
      expect(out).toBe(args.length === 0 ? out : "");
      if (args.length === 0) continue;
      const asked = await run(...args, "--json");
      expect(asked).toMatchObject({ code: 2, err });
      const reason = /^linli: ([^]*)\n$/.exec(err)?.[1];
      expect(asked.out.trim().split("\n")).toHaveLength(1);
      expect(JSON.parse(asked.out)).toEqual({ unusable: reason });
    }
  });

  it("asks for the right key", async () => {
    const { code, out } = await run(
      ...["verify", "--data", V1, "--seals", SEALS, "--key", `other=${KEY}`],
    );
    expect(out).toContain("no key is known for its signature");
    expect(code).toBe(1);
  });

  it("is a program with these exit codes", async () => {
    const codeOf = (...args: ReadonlyArray<string>) =>
      new Promise<number>((resolve) => {
        const child = execFile(process.execPath, [here("../src/bin.ts"), ...args]);
        child.on("exit", (code) => resolve(code ?? -1));
      });
    expect(await codeOf("verify", "--data", V1, "--seals", SEALS, "--json")).toBe(0);
    expect(await codeOf("verify", "--data", tampered(V1, editText(3)))).toBe(1);
    expect(await codeOf("verify", "--data", "nowhere.sqlite")).toBe(2);
  });
});

it("any storage driver is a source", async () => {
  const storage = makeMemoryStorage();
  const street = await openStreet(storage);
  await liveAWhile(street, 2);
  await street.desk.seal();
  await liveAWhile(street, 1);
  const report = await verifySource(storageSource(storage, "main"));
  expect(report).toMatchObject({ sound: true, namespaces: [{ verdict: { seals: 1 } }] });
});
