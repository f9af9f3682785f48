/** Every door of core refuses what it cannot read: typed, with its path, echoing nothing, changing nothing. */
import * as Result from "effect/Result";
import { describe, expect, test } from "vitest";
import { decodeCharter } from "../src/charter/index.ts";
import { CHARTER_LIMITS, COMMAND_LIMITS, InputError, parseJson } from "../src/data/index.ts";
import { decodeDirectory } from "../src/directory/index.ts";
import { decodeHierarchy } from "../src/hierarchy/index.ts";
import { decodeCommand } from "../src/issue/index.ts";
import {
  calendar,
  charter,
  directory,
  hierarchy,
  MONDAY,
  openTown,
  person,
} from "./support/town.ts";

const SECRET = "SECRET-13800000000";

const refused = (result: Result.Result<unknown, InputError>): InputError => {
  if (Result.isSuccess(result)) throw new Error("the door let it in");
  expect(result.failure).toBeInstanceOf(InputError);
  expect(`${result.failure.message}${JSON.stringify(result.failure)}`).not.toContain("138000");
  return result.failure;
};

const compiled = Result.getOrThrow(decodeCharter(charter, { calendars: [calendar] }));
const frame = { levels: compiled.document.levels, chains: compiled.document.chains };
const built = Result.getOrThrow(decodeHierarchy(hierarchy, frame));

/** Each door with a sound value that it lets in, and where free text or a number stands in it. */
const DOORS: ReadonlyArray<{
  readonly door: string;
  readonly decode: (input: unknown) => Result.Result<unknown, InputError>;
  readonly sound: Record<string, unknown>;
  readonly withText: (text: string) => unknown;
  readonly withNumber: (value: number) => unknown;
}> = [
  {
    door: "charter",
    decode: (input) => decodeCharter(input, { calendars: [calendar] }),
    sound: charter,
    withText: (text) => ({ ...charter, title: { zh: text, en: "x" } }),
    withNumber: (value) => ({ ...charter, recheckDays: value }),
  },
  {
    door: "hierarchy",
    decode: (input) => decodeHierarchy(input, frame),
    sound: hierarchy,
    withText: (text) => ({
      ...hierarchy,
      units: [...hierarchy.units, { ...hierarchy.units[3], id: "B9", name: text }],
    }),
    withNumber: (value) => ({
      ...hierarchy,
      units: [...hierarchy.units, { ...hierarchy.units[3], id: "B9", from: value }],
    }),
  },
  {
    door: "directory",
    decode: (input) => decodeDirectory(input, { posts: compiled.document.posts, hierarchy: built }),
    sound: directory,
    withText: (text) => ({
      ...directory,
      appointments: [{ ...directory.appointments[0], person: text }],
    }),
    withNumber: (value) => ({
      ...directory,
      appointments: [{ ...directory.appointments[0], from: value }],
    }),
  },
  {
    door: "command",
    decode: decodeCommand,
    sound: { type: "report", words: "the light is out" },
    withText: (text) => ({ type: "report", words: text }),
    withNumber: (value) => ({ type: "suspend", reviewBy: value, words: "later" }),
  },
];

describe.each(DOORS)("the $door door", ({ door, decode, sound, withText, withNumber }) => {
  test("lets the sound value in, so that the refusals below are about what was changed", () => {
    expect(Result.isSuccess(decode(sound))).toBe(true);
  });

  test("refuses keys that reach for prototypes, and no prototype changes", () => {
    for (const key of ["__proto__", "constructor", "prototype"]) {
      const hostile: unknown = JSON.parse(`{"${key}": {"polluted": true}, "type": "report"}`);
      expect(refused(decode(hostile)).door).toBe(door);
      const nested: unknown = { ...sound, deep: JSON.parse(`{"${key}": 1}`) };
      expect(refused(decode(nested)).path).toBe("/deep");
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test.each([
    ["a lone surrogate", `${SECRET}\ud800`],
    ["NUL", `${SECRET}\u0000`],
    ["a control character", `${SECRET}\u0007`],
  ])("refuses text with %s", (_, text) => {
    expect(refused(decode(withText(text))).path).not.toBe("");
  });

  test.each([2 ** 53, -(2 ** 60), 1e300, Number.NaN, Number.POSITIVE_INFINITY, 0.5, 9e15])(
    "refuses the number %d",
    (value) => {
      expect(refused(decode(withNumber(value))).path).not.toBe("");
    },
  );

  test("refuses fields it does not know, naming them", () => {
    expect(refused(decode({ ...sound, score: 100 })).path).toBe("/score");
  });

  test.each([null, 1, "text", [], () => 1, new Date(0), new Map()])("refuses %o", (value) => {
    refused(decode(value));
  });

  test("refuses an object a hundred levels deep before decoding it", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100; level += 1) deep = { deep };
    expect(refused(decode({ ...sound, deep })).reason).toMatch(/deeper/);
  });
});

describe("JSON text", () => {
  const options = { door: "command", limits: COMMAND_LIMITS };

  test("of ten megabytes is refused by size, before parsing", () => {
    const text = JSON.stringify({ type: "report", words: "x".repeat(10 * 1024 * 1024) });
    expect(refused(parseJson(text, options)).reason).toMatch(/larger than/);
    expect(refused(parseJson(text, { door: "charter", limits: CHARTER_LIMITS })).reason).toMatch(
      /larger than/,
    );
  });

  test("is counted in UTF-8 bytes, not in letters", () => {
    const text = JSON.stringify("邻".repeat(100_000));
    expect(text.length).toBeLessThan(COMMAND_LIMITS.bytes);
    expect(refused(parseJson(text, options)).reason).toMatch(/larger than/);
  });

  test("nested a hundred deep, or a million, is refused without recursion", () => {
    for (const depth of [100, 200_000]) {
      expect(
        refused(
          parseJson("[".repeat(depth), { ...options, limits: { ...COMMAND_LIMITS, bytes: 1e9 } }),
        ).reason,
      ).toMatch(/deeper/);
    }
    expect(Result.isSuccess(parseJson(`{"a":"${"[".repeat(100)}"}`, options))).toBe(true);
  });

  test("that is not JSON is refused without repeating it", () => {
    refused(parseJson(`{"words": "${SECRET}`, options));
  });
});

describe("a resident's report", () => {
  test.each(["level", "handler", "score", "status", "sponsor", "reportedAt", "clocks"])(
    "may not set %s",
    async (field) => {
      const { desk } = await openTown();
      const report = { type: "report", words: "the light is out", [field]: "town" };
      await expect(desk.begin(report, { actor: person("r") })).rejects.toMatchObject({
        _tag: "InputError",
        path: `/${field}`,
      });
      expect(await desk.count("T", "open")).toBe(0);
    },
  );

  test("about an unknown unit or category is refused, and nothing is kept", async () => {
    const { desk } = await openTown();
    const cases = [
      { input: { type: "report", place: { unit: "nowhere" } }, code: "UnknownUnit" },
      {
        input: { type: "report", place: { unit: "B1" }, category: "nothing" },
        code: "UnknownCategory",
      },
      {
        input: { type: "report", place: { unit: "B1" }, facts: { severity: "huge" } },
        code: "WrongFacts",
      },
      {
        input: { type: "report", place: { unit: "B1" }, facts: { height: 3 } },
        code: "WrongFacts",
      },
      { input: { type: "report", place: { unit: "B1" }, kind: "assignment" }, code: "NotYours" },
    ];
    for (const { input, code } of cases) {
      await expect(desk.begin(input, { actor: person("r") })).rejects.toMatchObject({
        _tag: "Refusal",
        code,
      });
    }
    expect(await desk.count("T", "open")).toBe(0);
  });

  test("by somebody without the post is no finding, and an official source speaks for itself", async () => {
    const { desk } = await openTown();
    const finding = { type: "report", kind: "finding", place: { unit: "B1" } };
    await expect(desk.begin(finding, { actor: person("r") })).rejects.toMatchObject({
      code: "NotYours",
    });
    const official = {
      type: "report",
      kind: "assignment",
      place: { unit: "B1" },
      category: "repair",
      reporter: { kind: "official", source: "hotline" },
    };
    await expect(desk.begin(official, { actor: person("r") })).rejects.toMatchObject({
      code: "NotYours",
    });
    const acted = await desk.begin(official, { actor: { person: null, source: "hotline" } });
    expect(acted.status).toBe("reported");
  });
});

describe("a command", () => {
  test("by an actor without the post is refused with what they may do", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(
      { type: "report", place: { unit: "B1" } },
      { actor: person("r") },
    );
    for (const type of ["accept", "settle", "handUp", "close", "supervise"]) {
      const input = type === "handUp" || type === "supervise" ? { type, words: "x" } : { type };
      await expect(desk.act(issue, input, { actor: person("chief-2") })).rejects.toMatchObject({
        _tag: "Refusal",
        allowed: ["support"],
      });
    }
    expect(await desk.history(issue)).toHaveLength(1);
  });

  test("with a date beyond the calendar's two centuries is refused at the door", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(
      { type: "report", place: { unit: "B1" } },
      { actor: person("r") },
    );
    const suspend = { type: "suspend", reviewBy: Date.UTC(2300, 0, 1), words: "later" };
    await expect(desk.act(issue, suspend, { actor: person("chief-1") })).rejects.toMatchObject({
      _tag: "InputError",
      path: "/reviewBy",
    });
    const past = { type: "suspend", reviewBy: MONDAY - 1, words: "earlier" };
    await expect(desk.act(issue, past, { actor: person("chief-1") })).rejects.toMatchObject({
      code: "WrongInstant",
    });
  });

  test("on an id that is no id, or on nothing, is refused", async () => {
    const { desk } = await openTown();
    for (const id of ["", "x".repeat(500), "a\u0000b", "__proto__", "nope"]) {
      await expect(desk.act(id, { type: "accept" }, { actor: person("r") })).rejects.toMatchObject({
        code: "NoSuchIssue",
      });
    }
    await expect(
      desk.begin({ type: "report" }, { actor: person("r"), commandId: "x".repeat(81) }),
    ).rejects.toMatchObject({ _tag: "InputError", path: "/commandId" });
  });
});
