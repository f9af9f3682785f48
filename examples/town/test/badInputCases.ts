/** Bad input of every kind, with the problem it must become. */
import { expect } from "vitest";
import { RESIDENT } from "../src/stories/cast.ts";
import type { Ask } from "./support.ts";

/** What the cases need of a running town. */
export interface Scene {
  /** Session of a chief. */
  readonly chief: string;
  /** An issue of that chief's. */
  readonly issue: string;
}

const report = (raw: string): Ask => ({ path: "/api/issues", raw });
const suspend = ({ chief, issue }: Scene, reviewBy: string): Ask => ({
  path: `/api/issues/${issue}/act`,
  raw: `{"type":"suspend","words":"x","reviewBy":${reviewBy}}`,
  token: chief,
});
const deep = (levels: number) => `${"[".repeat(levels)}1${"]".repeat(levels)}`;

const INPUT = "urn:linli:error:InputError";
const at = (path: string) => ({ type: INPUT, path });
export const cases: ReadonlyArray<
  readonly [name: string, one: (scene: Scene) => Ask, status: number, expected: object]
> = [
  [
    "a __proto__ key",
    () => report('{"type":"report","words":"x","__proto__":{"admin":true}}'),
    400,
    at("/body"),
  ],
  [
    "a __proto__ key within",
    () => report('{"type":"report","words":"x","facts":{"__proto__":1}}'),
    400,
    at("/body/facts"),
  ],
  [
    "a constructor key",
    () => report('{"type":"report","words":"x","constructor":1}'),
    400,
    { type: INPUT },
  ],
  [
    "a lone surrogate",
    () => report('{"type":"report","words":"a\\ud800b"}'),
    400,
    at("/body/words"),
  ],
  [
    "a lone surrogate as a key",
    () => report('{"type":"report","words":"x","\\udc00":1}'),
    400,
    { type: INPUT },
  ],
  ["NUL", () => report('{"type":"report","words":"a\\u0000b"}'), 400, at("/body/words")],
  [
    "10 MB",
    () => report(`{"type":"report","words":"${"x".repeat(10_000_000)}"}`),
    413,
    { type: "urn:linli:error:TooLarge", path: "/body" },
  ],
  [
    "too long words",
    () => report(`{"type":"report","words":"${"长".repeat(4001)}"}`),
    400,
    at("/body/words"),
  ],
  [
    "100 deep",
    () => report(`{"type":"report","facts":{"a":${deep(100)}}}`),
    400,
    { type: INPUT, detail: expect.stringContaining("nested deeper") },
  ],
  [
    "100,000 deep",
    () => report(deep(100_000)),
    400,
    { type: INPUT, detail: expect.stringContaining("nested deeper") },
  ],
  [
    "an unsafe integer",
    () => report('{"type":"report","words":"x","facts":{"cost":9007199254740993}}'),
    400,
    at("/body/facts/cost"),
  ],
  [
    "an infinite number",
    () => report('{"type":"report","words":"x","facts":{"cost":1e999}}'),
    400,
    at("/body/facts/cost"),
  ],
  [
    "a fact outside its range",
    () => report('{"type":"report","words":"x","facts":{"cost":-1}}'),
    409,
    { code: "WrongFacts" },
  ],
  ["no JSON", () => report("{'type':'report'}"), 400, at("/body")],
  ["an empty body", () => ({ ...report(""), method: "POST" }), 400, { type: INPUT }],
  ["a list in place of a command", () => report("[]"), 400, { type: INPUT }],
  ["an unknown command", () => report('{"type":"delete"}'), 400, { type: INPUT }],
  ["a step at the door of reports", () => report('{"type":"accept"}'), 400, at("/body/type")],
  [
    "the field level",
    () => report('{"type":"report","words":"x","level":"town"}'),
    400,
    at("/body/level"),
  ],
  [
    "the field handler",
    () => report('{"type":"report","words":"x","handler":"me"}'),
    400,
    at("/body/handler"),
  ],
  [
    "the field score",
    () => report('{"type":"report","words":"x","score":5}'),
    400,
    at("/body/score"),
  ],
  ["blank words", () => report('{"type":"report","words":"  "}'), 400, at("/body/words")],
  [
    "an unknown unit",
    () => report('{"type":"report","place":{"unit":"atlantis"}}'),
    409,
    { code: "UnknownUnit" },
  ],
  [
    "an unknown category",
    () => report('{"type":"report","words":"x","category":"dragons"}'),
    409,
    { code: "UnknownCategory" },
  ],
  [
    "a named report of nobody",
    () => report('{"type":"report","words":"x","reporter":{"kind":"named"}}'),
    403,
    { code: "NotYours" },
  ],
  [
    "an official source that is none",
    () =>
      report(
        '{"type":"report","words":"x","kind":"assignment","reporter":{"kind":"official","source":"12345"}}',
      ),
    403,
    { code: "NotYours" },
  ],
  [
    "a date beyond the calendar",
    (scene) => suspend(scene, "7258118400001"),
    400,
    at("/body/reviewBy"),
  ],
  ["a date before it", (scene) => suspend(scene, "-1"), 400, at("/body/reviewBy")],
  ["half a millisecond", (scene) => suspend(scene, "1.5"), 400, at("/body/reviewBy")],
  [
    "a day that is none",
    () => ({ path: "/api/units/xinan/board?from=2026-02-30&until=2026-03-01" }),
    400,
    at("/query/from"),
  ],
  [
    "a year beyond the calendar",
    () => ({ path: "/api/units/xinan/board?from=2026-01-01&until=9999-01-01" }),
    400,
    at("/query/until"),
  ],
  [
    "a month beyond the calendar",
    () => ({ path: "/api/scores/2999-01" }),
    400,
    at("/params/month"),
  ],
  ["a month of another century", () => ({ path: "/api/scores/2200-01" }), 400, at("/params/month")],
  [
    "a list of an unknown unit",
    () => ({ path: "/api/units/atlantis/issues" }),
    404,
    { type: "urn:linli:error:NotFound", what: "unit" },
  ],
  ["a unit that is no id", () => ({ path: "/api/units/a%20b/issues" }), 400, at("/params/unit")],
  [
    "a bad cursor",
    () => ({ path: "/api/units/xinan/issues?cursor=zzz" }),
    400,
    { code: "BadCursor", path: "/query/cursor" },
  ],
  [
    "a limit beyond the bound",
    () => ({ path: "/api/units/xinan/issues?limit=1000000" }),
    400,
    at("/query/limit"),
  ],
  [
    "a limit that is no number",
    () => ({ path: "/api/units/xinan/issues?limit=ten" }),
    400,
    at("/query/limit"),
  ],
  [
    "an unknown query field",
    () => ({ path: "/api/units/xinan/issues?admin=1" }),
    400,
    at("/query/admin"),
  ],
  [
    "a query field twice",
    () => ({ path: "/api/units/xinan/issues?limit=1&limit=2" }),
    400,
    at("/query"),
  ],
  ["NUL in the query", () => ({ path: "/api/units?words=a%00b" }), 400, at("/query")],
  ["no UTF-8 in the query", () => ({ path: "/api/units?words=%ff%fe" }), 400, at("/query")],
  ["a surrogate in the query", () => ({ path: "/api/units?words=%ed%a0%80" }), 400, at("/query")],
  [
    "a long address",
    () => ({ path: `/api/units?words=${"x".repeat(5000)}` }),
    414,
    { type: "urn:linli:error:TooLarge" },
  ],
  [
    "many query fields",
    () => ({ path: `/api/units?${Array.from({ length: 30 }, (_, i) => `f${i}=1`).join("&")}` }),
    400,
    at("/query"),
  ],
  [
    "an unknown state",
    () => ({ path: "/api/units/xinan/issues?state=everything" }),
    400,
    at("/query/state"),
  ],
  [
    "an unknown address",
    () => ({ path: "/api/nothing/here" }),
    404,
    { type: "urn:linli:error:NotFound", code: "NoSuchAddress" },
  ],
  [
    "a wrong method",
    () => ({ method: "DELETE", path: "/api/issues" }),
    405,
    { type: "urn:linli:error:WrongMethod", allowed: ["POST"] },
  ],
  [
    "a wrong content type",
    () => ({
      path: "/api/issues",
      raw: "words=x",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    }),
    415,
    { type: "urn:linli:error:WrongMediaType" },
  ],
  [
    "another charset",
    () => ({
      path: "/api/issues",
      raw: "{}",
      headers: { "content-type": "application/json; charset=gbk" },
    }),
    415,
    { type: "urn:linli:error:WrongMediaType" },
  ],
  [
    "a forged session",
    () => ({ path: "/api/mine", token: "eyJ2IjoxfQ.AAAA" }),
    401,
    { type: "urn:linli:error:Unauthenticated" },
  ],
  [
    "a session of somebody else",
    () => ({ path: "/api/session", body: { person: "mayor" } }),
    404,
    { what: "person" },
  ],
  [
    "an extra field in a session",
    () => ({ path: "/api/session", body: { person: RESIDENT, post: "lead" } }),
    400,
    at("/body/post"),
  ],
  [
    "an unknown receipt code",
    () => ({ path: "/api/follow", body: { code: "AAAA-BBBB-CCCC" } }),
    404,
    { what: "receipt code" },
  ],
  [
    "an unknown issue",
    ({ chief }) => ({ path: "/api/issues/none/act", body: { type: "accept" }, token: chief }),
    404,
    { what: "issue" },
  ],
  [
    "an idempotency key too long",
    () => ({
      path: "/api/issues",
      body: { type: "report", words: "x" },
      headers: { "idempotency-key": "k".repeat(81) },
    }),
    400,
    at("/headers/idempotency-key"),
  ],
];
