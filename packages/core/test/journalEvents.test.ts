/** Stored events: every form is checked, every fault named, every older version readable. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { townLives } from "@linli/testing";
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import * as fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { encodeCanonical } from "../src/data/index.ts";
import type { EventMap, IssueEvent, RoutedAs } from "../src/issue/index.ts";
import { decodeAnyEntry, decodeEntry, encodeEntry, verifyStream } from "../src/journal/index.ts";
import type {
  Digest,
  EncodedEntry,
  EntryHead,
  HouseEvent,
  HouseEventMap,
} from "../src/journal/index.ts";
import { makeEventCodec, olderForm } from "../src/journal/EventCodec.ts";
import { HOUSE_EVENTS } from "../src/journal/House.ts";
import { ISSUE_EVENTS } from "../src/journal/IssueEvents.ts";
import { walk } from "./support/walk.ts";

const sha256: Digest = {
  algorithm: "SHA-256",
  hash: (text) => createHash("sha256").update(text, "utf8").digest("hex"),
};

const all = makeEventCodec<IssueEvent | HouseEvent>({ ...ISSUE_EVENTS, ...HOUSE_EVENTS });

/** As it comes back from a store. */
const stored = (event: IssueEvent | HouseEvent): unknown =>
  JSON.parse(encodeCanonical(all.stored(event)));

const houseEvents: ReadonlyArray<HouseEvent> = [
  { type: "PersonErased", at: 1, owner: "o", keys: ["k1", "k2"], replayed: false },
  {
    ...{ type: "SealedRead", at: 2 },
    reads: [{ viewer: null, issue: "i", purpose: "handle", times: 2, first: 1, last: 2 }],
  },
  {
    ...{ type: "PersonsLookedUp", at: 2 },
    lookups: [{ viewer: "v", owner: "o", purpose: "lookup", times: 2, first: 1, last: 2 }],
  },
  { type: "RetentionApplied", at: 3, kind: "content", issue: "i", records: ["c"] },
  { type: "ContentsSealed", at: 4, records: [{ id: "c", hash: "h" }], forgotten: ["d"] },
  { type: "JobsRevived", at: 5, jobs: ["clock/i-1"] },
  { type: "KeysAdopted", at: 6, from: null, to: "f", givenUp: 3 },
];

/** What hardly any drawn life comes to. */
const ROUTED: RoutedAs = {
  course: "handle",
  rule: null,
  chain: "residential",
  levels: ["community"],
  size: "minor",
  clocks: "ordinary",
};

const seldom: ReadonlyArray<IssueEvent> = [
  { type: "Declined", at: 1, reason: "notOurs", content: [{ id: "c", hash: "h" }] },
  { type: "DeadlinesRecomputed", at: 2, start: [] },
  {
    ...{ type: "Rerouted", at: 2, stays: null, passed: [], inform: ["building"] },
    charter: { id: "smalltown", version: "2" },
    fromCharter: { id: "smalltown", version: "1" },
    routed: ROUTED,
    before: { ...ROUTED, rule: "older", levels: ["building"] },
    from: { post: "chief", unit: "B1", level: "building", person: "c", via: "holder" },
    handler: { post: "secretary", unit: "C1", level: "community", person: null, via: "above" },
    stop: ["accept"],
    start: [],
  },
  { type: "ReporterUnsealed", at: 3, by: "inspector", reporters: ["r"], content: [] },
];

const eventsOfLives = townLives({ steps: 14 }).map((life) =>
  [...walk(life).issues.values()].flatMap(({ history }) => history.map(({ event }) => event)),
);

const fixtureEvents = (): ReadonlyArray<IssueEvent> => {
  const file = new URL("fixtures/journal-v1.json", import.meta.url);
  const { entries } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly entries: ReadonlyArray<EncodedEntry>;
  };
  return entries.map(({ value }) => Result.getOrThrow(decodeEntry(value)).event);
};

describe("the events of issues and of the house", () => {
  it("have a form with every field, the optional ones too", () => {
    type Form<K> = K extends { readonly form: { readonly Type: infer A } } ? A : never;
    type Lacking = {
      [T in keyof EventMap]: Exclude<keyof EventMap[T], keyof Form<(typeof ISSUE_EVENTS)[T]>>;
    }[keyof EventMap];
    type HouseLacking = {
      [T in keyof HouseEventMap]: Exclude<
        keyof HouseEventMap[T],
        keyof Form<(typeof HOUSE_EVENTS)[T]>
      >;
    }[keyof HouseEventMap];
    expectTypeOf<Lacking>().toEqualTypeOf<never>();
    expectTypeOf<HouseLacking>().toEqualTypeOf<never>();
  });

  it("come back from the journal as they were written, whatever a town lives through", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(eventsOfLives, (events) => {
        for (const event of events) {
          seen.add(event.type);
          expect(Result.getOrThrow(all.decode(stored(event)))).toEqual(event);
          expect(encodeCanonical(all.stored(event))).toBe(encodeCanonical(event));
        }
      }),
      { seed: 31, numRuns: 150 },
    );
    for (const event of [...fixtureEvents(), ...seldom]) seen.add(event.type);
    // A new event must occur here, or nobody knows that its form is right.
    expect(Object.keys(ISSUE_EVENTS).filter((type) => !seen.has(type))).toEqual([]);
    for (const event of [...houseEvents, ...seldom]) {
      expect(Result.getOrThrow(all.decode(stored(event)))).toEqual(event);
    }
  });

  it("are refused with the path of whatever does not fit: a wrong type, an extra field, a missing one", () => {
    let tried = 0;
    const check = (event: IssueEvent | HouseEvent, pick: number) => {
      const mutations = mutationsOf(stored(event));
      const at = mutations[pick % mutations.length];
      if (at === undefined) throw new Error("nothing to mutate");
      tried += 1;
      const found = all.decode(at.payload);
      if (Result.isSuccess(found)) expect(at.mayPass, `${event.type} ${at.what}`).toBe(true);
      else expect(at.paths, `${event.type} ${at.what}`).toContain(found.failure.path);
    };
    fc.assert(
      fc.property(eventsOfLives, fc.nat(), (events, pick) => {
        for (const [index, event] of events.entries()) check(event, pick + index * 7);
      }),
      { seed: 77, numRuns: 200 },
    );
    for (const event of [...houseEvents, ...seldom, ...fixtureEvents()]) {
      const { length } = mutationsOf(stored(event));
      for (let pick = 0; pick < length; pick += 1) check(event, pick);
    }
    expect(tried).toBeGreaterThan(2000);
  });

  it("say so as an entry, even when every hash was made to fit", () => {
    const head: EntryHead = {
      ...{ stream: "i", version: 1, cause: "c", recordedAt: 1 },
      actor: { type: "clock" },
      charter: { id: "c", version: "1" },
    };
    const event = { type: "Contacted", at: 1, reached: true } as const;
    const forged = encodeEntry(sha256, head, { ...event, reached: "yes" } as never, "");
    expect(decodeEntry(forged.value)).toMatchObject({
      failure: { _tag: "InputError", door: "journal", path: "/payload/reached" },
    });
    expect(verifyStream(sha256, [forged])).toEqual({
      ...{ _tag: "Broken", version: 1 },
      why: "/payload/reached must be true or false",
    });
    const extra = encodeEntry(sha256, head, { ...event, zzz: 1 } as never, "");
    expect(verifyStream(sha256, [extra])).toMatchObject({
      why: "/payload/zzz is not a known field",
    });
    const house = encodeEntry(sha256, { ...head, stream: "person/o" }, houseEvents[0]!, "");
    expect(Result.isSuccess(decodeAnyEntry(house.value))).toBe(true);
    expect(decodeEntry(house.value)).toMatchObject({ failure: { path: "/payload/type" } });
    const badHead = forged.value.replace('"cause":"c"', '"cause":7');
    expect(decodeEntry(badHead)).toMatchObject({ failure: { path: "/cause" } });
    const proto = `{"at":1,"type":"Contacted","reached":true,"__proto__":{"x":1}}`;
    expect(all.decode(JSON.parse(proto))).toMatchObject({ failure: { path: "/__proto__" } });
  });
});

interface Mutation {
  readonly what: string;
  readonly payload: unknown;
  readonly paths: ReadonlyArray<string>;
  /** Only what is optional may be left out unseen. */
  readonly mayPass: boolean;
}

const OPTIONAL = new Set([
  ...["start", "stop", "handler", "content", "passed", "inform", "resumed"],
  ...["minutes", "anchor", "roll", "offDay", "lateFrom", "lateTo", "lastDay"],
]);

/** Every way to change one place of a payload. */
const mutationsOf = (payload: unknown): ReadonlyArray<Mutation> => {
  const found: Array<Mutation> = [];
  const visit = (value: unknown, path: ReadonlyArray<string>): void => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const inFacts = path.at(-1) === "facts" && path.length === 1;
    add("of another type", path, replaced(payload, path, isObject ? true : { zz: 1 }), false);
    if (isObject) {
      const more = { ...value, zz: inFacts ? null : 1 };
      add("with an extra field", [...path, "zz"], replaced(payload, path, more), false);
      for (const key of Object.keys(value)) {
        const { [key]: _, ...less } = value as Record<string, unknown>;
        const mayPass = inFacts || OPTIONAL.has(key);
        add(`without ${key}`, [...path, key], replaced(payload, path, less), mayPass);
      }
    }
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
  };
  const add = (what: string, path: ReadonlyArray<string>, changed: unknown, mayPass: boolean) => {
    const at = (parts: ReadonlyArray<string>) => parts.map((part) => `/${part}`).join("");
    // One of several forms: the fault may be named at what another form of it lacks.
    const one =
      path[0] === "about"
        ? [[], ["person"], ["post"], ["unit"], ["organisation"]].map((field) =>
            at([...path.slice(0, 2), ...field]),
          )
        : [];
    // Without a type nothing else can be judged.
    const root = path.length === 0 ? ["", "/type"] : [];
    found.push({
      what: `${what} at ${at(path)}`,
      payload: changed,
      // What stands there instead may be judged by what it holds.
      paths: [at(path), `${at(path)}/zz`, ...one, ...root],
      mayPass,
    });
  };
  visit(payload, []);
  return found;
};

const replaced = (value: unknown, path: ReadonlyArray<string>, by: unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((one, index) => (String(index) === key ? replaced(one, rest, by) : one));
  }
  const record = value as Record<string, unknown>;
  return { ...record, [key]: replaced(record[key], rest, by) };
};

describe("an event whose form was changed twice", () => {
  // A made-up event: first it counted hours, then it said whether it was late, now it says why.
  const form = <F extends Schema.Struct.Fields>(fields: F) =>
    Schema.Struct({ type: Schema.Literal("Made"), at: Schema.Int, ...fields });
  const first = form({ hours: Schema.Int });
  const second = form({ minutes: Schema.Int, late: Schema.Boolean });
  const third = form({ minutes: Schema.Int, because: Schema.NullOr(Schema.String) });
  type Made = typeof third.Type;
  const codec = makeEventCodec<Made>({
    Made: {
      form: third,
      older: [
        olderForm(first, ({ hours, ...rest }) => ({ ...rest, minutes: hours * 60, late: false })),
        olderForm(second, ({ late, ...rest }) => ({ ...rest, because: late ? "late" : null })),
      ],
    },
  });
  const made: Made = { type: "Made", at: 5, minutes: 120, because: null };

  it("is read in each version, the first without a number, and written in the last", () => {
    const written = [
      { type: "Made", at: 5, hours: 2 },
      { type: "Made", at: 5, minutes: 120, late: false, v: 2 },
      codec.stored(made),
    ];
    expect(written[2]).toEqual({ ...made, v: 3 });
    for (const payload of written) expect(Result.getOrThrow(codec.decode(payload))).toEqual(made);
    expect(
      Result.getOrThrow(codec.decode({ type: "Made", at: 5, minutes: 1, late: true, v: 2 })),
    ).toMatchObject({ because: "late" });
  });

  it("is checked against the version it says it is", () => {
    const pathOf = (payload: unknown) => {
      const decoded = codec.decode(payload);
      return Result.isFailure(decoded) ? decoded.failure.path : "sound";
    };
    expect(pathOf({ type: "Made", at: 5, hours: "2" })).toBe("/hours");
    expect(pathOf({ type: "Made", at: 5, hours: 2, v: 2 })).toBe("/hours");
    expect(pathOf({ type: "Made", at: 5, minutes: 1, late: true })).toBe("/minutes");
    expect(pathOf({ type: "Made", at: 5, minutes: 1, late: 1, v: 2 })).toBe("/late");
    for (const v of [0, 1, 4, 2.5, "2", null]) expect(pathOf({ ...made, v })).toBe("/v");
    expect(pathOf({ type: "Other", at: 5 })).toBe("/type");
    for (const payload of [null, 7, "x", [made]]) expect(pathOf(payload)).toBe("");
  });

  it("keeps every fault of an upcaster's result out", () => {
    const careless = makeEventCodec<Made>({
      Made: {
        form: third,
        older: [olderForm(first, ({ hours, ...rest }) => ({ ...rest, hours }))],
      },
    });
    expect(careless.decode({ type: "Made", at: 5, hours: 2 })).toMatchObject({ _tag: "Failure" });
  });
});
