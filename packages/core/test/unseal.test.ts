/** A confidential reporter: sealed from every office, unsealed by a named post for a reason, and told of it. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { describe, expect, test } from "vitest";
import { decodeCharter } from "../src/charter/index.ts";
import type { Refusal } from "../src/issue/index.ts";
import { decodeEntry } from "../src/journal/index.ts";
import {
  makeMemoryKeyStore,
  makeMemoryNotifier,
  makeMemoryStorage,
  platformCipher,
} from "../src/ports/index.ts";
import { calendar, charter, HOUR, openTown, person } from "./support/town.ts";

const REASON = "threats against the reporter, file 12";
const permitted = { ...charter, permissions: { unseal: [{ post: "desk" }] } };
const report = {
  type: "report",
  ...{ place: { unit: "B1" }, category: "repair", words: "the lamp is out" },
  reporter: { kind: "confidential" },
};
const unseal = { type: "unseal", words: REASON };

const open = async (given: unknown = permitted) => {
  const notifier = makeMemoryNotifier("test");
  const storage = makeMemoryStorage();
  const people = { cipher: platformCipher("AES-256-GCM"), keys: makeMemoryKeyStore() };
  const town = await openTown({
    storage,
    charter: given,
    settings: {
      people,
      notifiers: [notifier],
      addressesOf: (to) => [{ channel: "test", to, locale: "en" }],
    },
  });
  const { issue } = await town.desk.begin(report, { actor: person("r") });
  const seenBy = async (who: string) =>
    (await town.desk.view(issue, { viewer: { person: who } })).reporters?.map((one) => one.person);
  const refusedTo = (who: string | null, command: object = unseal) =>
    town.desk.act(issue, command, { actor: { person: who, host: who === null } }).then(
      () => "taken",
      (error: Refusal) => error.code,
    );
  return { ...town, storage, sent: notifier.sent, issue, seenBy, refusedTo };
};

describe("who a confidential reporter is", () => {
  test("is unsealed for a post the charter names, and for nobody else", async () => {
    const { desk, issue, seenBy } = await open();
    for (const who of ["chief-1", "mayor", "desk"]) expect(await seenBy(who)).toEqual([null]);
    await desk.act(issue, unseal, { actor: person("desk") });
    expect(await seenBy("desk")).toEqual(["r"]);
    for (const who of ["chief-1", "mayor"]) expect(await seenBy(who)).toEqual([null]);
    const words = async (who: string) => {
      const { contents } = await desk.view(issue, { viewer: { person: who } });
      return contents?.map((content) => [content.by, content.words]);
    };
    // Their words may be read with the name now; why it was unsealed is for the reporter.
    expect(await words("desk")).toEqual([
      ["r", report.words],
      ["desk", REASON],
    ]);
    expect(await words("chief-1")).toEqual([[null, report.words]]);
    expect(await words("r")).toEqual([
      ["r", report.words],
      [null, REASON],
    ]);
    const board = await desk.view(issue, { viewer: { person: "desk" }, purpose: "board" });
    expect(board.reporters).toBeNull();
  });

  test("is journaled with the reason by reference, and told to the reporter", async () => {
    const { desk, issue, sent, storage } = await open();
    await desk.runDue();
    const before = sent().length;
    await desk.act(issue, unseal, { actor: person("desk") });
    const { entries } = await Effect.runPromise(
      storage.feed({ namespace: "main", after: null, limit: 100, stream: issue }),
    );
    const last = entries.at(-1)?.value ?? "";
    const { actor, event } = Result.getOrThrow(decodeEntry(last));
    expect(actor).toEqual({ type: "person", person: "desk" });
    expect(event).toMatchObject({ type: "ReporterUnsealed", by: "desk", reporters: ["r"] });
    expect(event.content).toHaveLength(1);
    expect(last).not.toContain("threats");
    await desk.runDue();
    const told = sent().slice(before);
    expect(told.map(({ to, body }) => [to, body])).toEqual([
      ["r", expect.stringContaining("learned who the confidential reporter is")],
    ]);
    const lines = await desk.timeline(issue, { person: "r" });
    expect(lines.at(-1)?.text.en).toContain("they were told why");
    expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });

  test("is refused by type to whoever is not named, has no reason, or handles the issue", async () => {
    const { desk, issue, refusedTo } = await open();
    for (const who of ["chief-1", "mayor", "r", "stranger", null])
      expect(await refusedTo(who), String(who)).toBe("NotYours");
    await expect(
      desk.act(issue, { type: "unseal" }, { actor: person("desk") }),
    ).rejects.toMatchObject({ _tag: "InputError", path: "/words" });
    expect(await refusedTo("desk")).toBe("taken");
    expect(await refusedTo("desk")).toBe("AlreadyDone");

    const nobody = await open(charter);
    expect(await nobody.refusedTo("desk")).toBe("NotYours");
    const handler = await open({ ...charter, permissions: { unseal: [{ post: "chief" }] } });
    expect(await handler.refusedTo("chief-1")).toBe("OwnWork");
    const named = await handler.desk.begin(
      { ...report, reporter: { kind: "named" } },
      { actor: person("r") },
    );
    await handler.desk.act(
      named.issue,
      { type: "handUp", words: "x" },
      { actor: person("chief-1") },
    );
    await expect(
      handler.desk.act(named.issue, unseal, { actor: person("chief-1") }),
    ).rejects.toMatchObject({ code: "NotNow" });
  });

  test("is not for whoever the issue concerns, and not for whoever comes to handle it", async () => {
    const { desk } = await open();
    const about = { ...report, about: [{ person: "desk" }] };
    const { issue } = await desk.begin(about, { actor: person("r") });
    await expect(desk.act(issue, unseal, { actor: person("desk") })).rejects.toMatchObject({
      code: "ConcernsYou",
    });

    const town = await open({ ...charter, permissions: { unseal: [{ post: "secretary" }] } });
    await town.desk.act(town.issue, unseal, { actor: person("sec-1") });
    expect(await town.seenBy("sec-1")).toEqual(["r"]);
    await town.desk.act(town.issue, { type: "handUp", words: "x" }, { actor: person("chief-1") });
    expect(await town.seenBy("sec-1")).toEqual([null]);
  });

  test("can be learned of an issue that its reader may not see, which strangers never hear of", async () => {
    const { desk } = await open();
    const dispute = { ...report, category: "dispute" };
    const { issue } = await desk.begin(dispute, { actor: person("r") });
    await expect(desk.act(issue, unseal, { actor: person("chief-2") })).rejects.toMatchObject({
      ...{ code: "NoSuchIssue", issue: null },
    });
    const seen = () => desk.view(issue, { viewer: { person: "desk" } });
    await expect(seen()).rejects.toMatchObject({ _tag: "NotFound" });
    await desk.act(issue, unseal, { actor: person("desk") });
    expect((await seen()).reporters).toEqual([{ kind: "confidential", person: "r" }]);
  });

  test("stays sealed for reporters who come with a later merge", async () => {
    const { desk, issue, seenBy, refusedTo, clock } = await open();
    await desk.act(issue, unseal, { actor: person("desk") });
    clock.now += HOUR;
    const other = await desk.begin(report, { actor: person("r2") });
    await desk.act(other.issue, { type: "merge", into: issue }, { actor: person("chief-1") });
    expect(await seenBy("desk")).toEqual(["r", null]);
    expect(await refusedTo("desk")).toBe("taken");
    expect(await seenBy("desk")).toEqual(["r", "r2"]);
    expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });

  test("is left by a charter to posts only", () => {
    const decoded = decodeCharter(
      { ...charter, permissions: { unseal: ["superior"] } },
      { calendars: [calendar] },
    );
    expect(decoded).toMatchObject({ failure: { path: "/permissions/unseal/0" } });
  });
});
