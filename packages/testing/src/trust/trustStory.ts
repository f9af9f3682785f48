/**
 * One story of trust and forgetting, told on any storage: what was plain is sealed,
 * readings are journaled, a person gets all that is held about them, records run out,
 * somebody is forgotten, and the journal verifies throughout.
 *
 * It asks what the library promises on a driver's data, not what the driver promises:
 * the storage contract does that.
 */
import { decodeAnyEntry } from "@linli/core/journal";
import type { FieldCipher, KeyStore, Storage } from "@linli/core/ports";
import { createDesk } from "@linli/core/promise";
import type { Desk } from "@linli/core/promise";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { trustStreet } from "./street.ts";

/** Where the story is told. */
export interface TrustPlace {
  readonly storage: Storage;
  readonly cipher: FieldCipher;
  readonly keys: KeyStore;
  readonly namespace: string;
  /** Everything that a reader of the database reads, as text. */
  readonly stored: () => Promise<string>;
}

/** Tells the story; answers what did not hold, a sentence each. Empty when all did. */
export const trustStory = async (place: TrustPlace): Promise<ReadonlyArray<string>> => {
  const faults: Array<string> = [];
  const expect: Expect = (sentence, held) => {
    if (!held) faults.push(sentence);
  };
  const clock = { now: BEGIN };
  let ids = 0;
  const settings = {
    ...{ storage: place.storage, namespace: place.namespace, ...trustStreet },
    ...{ now: () => clock.now, newId: () => `t${(ids += 1)}` },
  };
  const first = await createDesk(settings);
  const early = await first.begin(reportOf("words before keys"), by("resident"));
  expect(
    "words are readable while nobody has keys",
    (await place.stored()).includes("before keys"),
  );

  const people = { cipher: place.cipher, keys: place.keys };
  const desk = await createDesk({ ...settings, people });
  const told: Told = { place, desk, clock, expect, early: early.issue };
  await sealing(told);
  const issue = await living(told);
  await reading(told, issue);
  await exporting(told);
  await expiring(told, issue);
  await verifying(told);
  await forgetting(told, issue);
  return faults;
};

// Private

type Expect = (sentence: string, held: boolean) => void;

interface Told {
  readonly place: TrustPlace;
  readonly desk: Desk;
  readonly clock: { now: number };
  readonly expect: Expect;
  /** Reported before persons had keys. */
  readonly early: string;
}

const BEGIN = Date.UTC(2026, 10, 23, 1, 0, 0);
const DAY = 86_400_000;
const PHONE = { field: "phone", value: "000-1111-2222" };
const host = { actor: { person: null, host: true } };
const by = (person: string) => ({ actor: { person } });
const reportOf = (words: string) => ({
  ...{ type: "report", place: { unit: "B" }, category: "repair", words },
});

const sealing = async ({ place, desk, expect }: Told) => {
  const before = await desk.plainContents();
  expect("plain contents are listed", before.contents.length === 1);
  const done = await desk.sealContents();
  expect("plain contents are sealed", done.sealed === 1 && !done.more);
  const after = await desk.plainContents();
  expect("sealed contents are listed no more", after.contents.length === 0);
  expect("sealed words stand nowhere", !(await place.stored()).includes("before keys"));
};

const living = async ({ place, desk, expect }: Told): Promise<string> => {
  const { issue } = await desk.begin(reportOf("the resident's words"), by("resident"));
  await desk.begin(reportOf("a neighbour's words"), by("neighbour"));
  await desk.act(issue, { type: "comment", words: "a passing remark" }, by("chief"));
  await desk.remember("resident", PHONE);
  expect("a number leads to its person", (await desk.personBy(PHONE)) === "resident");
  const text = await place.stored();
  const hidden = ["resident's words", "neighbour's words", "passing remark", PHONE.value];
  for (const one of hidden) expect(`"${one}" stands nowhere`, !text.includes(one));
  return issue;
};

const reading = async ({ place, desk, expect }: Told, issue: string) => {
  for (let i = 0; i < 3; i += 1) await desk.view(issue, { viewer: { person: "chief" } });
  // The number that led to its person is among them.
  expect("three readings and a look-up are written down", (await desk.flushReads()) === 4);
  const events = await eventsOf(place);
  expect(
    "the journal says that somebody was looked up",
    events.some((event) => event.type === "PersonsLookedUp"),
  );
  const found = events.flatMap((event) => (event.type === "SealedRead" ? event.reads : []));
  expect(
    "the journal says who read what, and how often",
    found.some((one) => one.viewer === "chief" && one.issue === issue && one.times === 3),
  );
};

const exporting = async ({ desk, expect, early }: Told) => {
  const held = await desk.exportPerson("resident", host);
  const words = held.contents.map((content) => content.words ?? "").toSorted();
  expect(
    "a person gets all their words",
    words.join() === "the resident's words,words before keys",
  );
  expect(
    "a person gets all their issues",
    held.issues.some((seen) => seen.id === early),
  );
  expect("a person gets every entry that names them", held.entries.length >= 2);
  expect("a person gets nothing of others", !JSON.stringify(held).includes("neighbour"));
};

const expiring = async ({ desk, clock, expect }: Told, issue: string) => {
  await desk.act(issue, { type: "withdraw", words: "it is light again" }, by("resident"));
  const policy = { contents: 365 * DAY, byCommand: { comment: 10 * DAY } };
  clock.now += 10 * DAY - 1;
  const early = await desk.applyRetention(policy);
  expect("nothing is forgotten before its time", early.contents === 0);
  clock.now += 1;
  const due = await desk.applyRetention(policy);
  expect("what its kind is kept for is forgotten", due.contents === 1);
  const left = (await desk.view(issue, { viewer: { person: "chief" } })).contents ?? [];
  expect("the rest is kept", left.filter((one) => one.erased !== true).length === 2);
};

const verifying = async ({ desk, expect }: Told) => {
  const checkpoint = await desk.checkpoint();
  await desk.seal();
  const verdict = await desk.verifyJournal({ checkpoints: [checkpoint] });
  expect("the journal verifies", verdict._tag === "Sound" && verdict.sealed > 0);
};

const forgetting = async (told: Told, issue: string) => {
  const { place, desk, expect, early } = told;
  const before = (await eventsOf(place)).length;
  const erased = await desk.erase("resident", host);
  expect("three contents of theirs are forgotten", erased.contents === 3);
  for (const one of [issue, early]) {
    const seen = (await desk.view(one, { viewer: { person: null, host: true } })).contents ?? [];
    expect(
      "nobody reads what they said",
      seen.every((content) => content.words === null),
    );
  }
  const other = await desk.exportPerson("neighbour", host);
  expect("others' words stay", other.contents[0]?.words === "a neighbour's words");
  expect("their number leads nowhere", (await desk.personBy(PHONE)) === null);
  expect("it is journaled", (await eventsOf(place)).length === before + 1);
  const verdict = await desk.verifyJournal();
  expect("the journal verifies without them", verdict._tag === "Sound");
  expect("nothing is left to be forgotten again", (await desk.reapplyErasures()) === 0);
};

const eventsOf = async ({ storage, namespace }: TrustPlace) => {
  const request = { namespace, after: null, limit: 1000, stream: null };
  const { entries } = await Effect.runPromise(storage.feed(request));
  return entries.map(({ value }) => Result.getOrThrow(decodeAnyEntry(value)).event);
};
