/** Laws of streams and of the feed. */
import { entry, failsWith, HOME, job, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

export const feedLaws: ReadonlyArray<StorageLaw> = [
  law("stream.starts-at-one", "A stream starts at version 1.", function* (lab) {
    yield* lab.refused({ entries: [entry("s", 2)] });
    yield* lab.commit({ entries: [entry("s", 1)] });
    yield* same(
      "versions",
      (yield* lab.feed()).map((one) => one.version),
      [1],
    );
  }),
  law(
    "stream.no-gap",
    "An entry that would leave a gap in its stream is refused.",
    function* (lab) {
      yield* lab.commit({ entries: [entry("s", 1), entry("s", 2)] });
      const conflicts = yield* lab.refused({ entries: [entry("s", 4)] });
      yield* same("conflicts", conflicts, [{ kind: "stream", id: "s", expected: 3, actual: 2 }]);
      yield* same("entries", (yield* lab.feed()).length, 2);
    },
  ),
  law(
    "stream.no-second",
    "A second entry of a version is refused and the first stays.",
    function* (lab) {
      yield* lab.commit({ entries: [entry("s", 1)] });
      yield* lab.refused({ entries: [{ ...entry("s", 1), value: "other" }] });
      yield* same(
        "values",
        (yield* lab.feed()).map((one) => one.value),
        ["s 1"],
      );
    },
  ),
  law(
    "stream.order-in-batch",
    "Entries of one stream inside a batch must follow each other upwards.",
    function* (lab) {
      yield* lab.refused({ entries: [entry("s", 2), entry("s", 1)] });
      yield* lab.refused({ entries: [entry("s", 1), entry("s", 1)] });
      yield* lab.refused({ entries: [entry("s", 1), entry("s", 3)] });
      yield* same("entries", yield* lab.feed(), []);
    },
  ),
  law("stream.several-in-batch", "One batch may carry on several streams, mixed.", function* (lab) {
    yield* lab.commit({ entries: [entry("s", 1)] });
    yield* lab.commit({ entries: [entry("t", 1), entry("s", 2), entry("t", 2), entry("s", 3)] });
    const seen = (yield* lab.feed()).map((one) => `${one.stream}${one.version}`);
    yield* same("entries", seen, ["s1", "t1", "s2", "t2", "s3"]);
  }),
  law(
    "stream.follows",
    "An entry that names the hash it follows is kept behind the entry of that hash, one that names the empty text as a stream's first; what it named is not kept with it.",
    function* (lab) {
      const [first, second, third] = [entry("s", 1), entry("s", 2), entry("s", 3)];
      yield* lab.commit({ entries: [{ ...first, previous: "" }] });
      yield* lab.commit({
        entries: [
          { ...second, previous: first.hash },
          { ...entry("t", 1), previous: "" },
          { ...third, previous: second.hash },
        ],
      });
      yield* lab.commit({ entries: [entry("s", 4)] });
      const seen = (yield* lab.feed({ stream: "s" })).map(({ cursor: _, ...kept }) => kept);
      yield* same("entries", seen, [first, second, third, entry("s", 4)]);
    },
  ),
  law(
    "stream.other-history",
    "An entry that names another hash than that of its stream's last entry refuses the whole commit, and the conflict names the stream's head once, beside what else did not hold.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], entries: [entry("s", 1)] });
      const astray = { ...entry("s", 2), previous: "a hash of another history" };
      const refused = yield* lab.refused({
        rows: [row("a"), row("b")],
        entries: [astray, { ...entry("s", 3), previous: "and another" }],
        schedule: [job("j")],
      });
      yield* same("conflicts", refused, [
        { kind: "head", id: "s", expected: 1, actual: 0 },
        { kind: "thing", id: "a", expected: 0, actual: 1 },
      ]);
      yield* same("row", yield* lab.read("b"), [null]);
      yield* same("jobs", yield* lab.lease(), []);
      const first = yield* lab.refused({ entries: [{ ...entry("t", 1), previous: "not empty" }] });
      yield* same("of a first", first, [{ kind: "head", id: "t", expected: 1, actual: 0 }]);
      const begun = yield* lab.refused({ entries: [{ ...entry("s", 2), previous: "" }] });
      yield* same("of a second", begun, [{ kind: "head", id: "s", expected: 1, actual: 0 }]);
      yield* same("entries", (yield* lab.feed()).length, 1);
    },
  ),
  law(
    "stream.other-in-batch",
    "Inside a batch, too, an entry that names another hash than that of the entry before it in its stream refuses the whole commit.",
    function* (lab) {
      const conflicts = yield* lab.refused({
        entries: [entry("s", 1), { ...entry("s", 2), previous: "another" }, entry("t", 1)],
      });
      yield* same("conflicts", conflicts, [{ kind: "head", id: "s", expected: 1, actual: 0 }]);
      yield* same("entries", yield* lab.feed(), []);
    },
  ),
  law(
    "stream.other-version",
    "Of a stream whose last version is another, the conflict names the version and not the head.",
    function* (lab) {
      yield* lab.commit({ entries: [entry("s", 1), entry("s", 2)] });
      const conflicts = yield* lab.refused({
        entries: [{ ...entry("s", 2), previous: entry("s", 1).hash }],
      });
      yield* same("conflicts", conflicts, [{ kind: "stream", id: "s", expected: 1, actual: 2 }]);
    },
  ),
  law(
    "feed.empty",
    "The feed of an empty namespace is empty and its cursor null.",
    function* (lab) {
      const page = yield* lab.storage.feed({
        namespace: HOME,
        after: null,
        limit: 10,
        stream: null,
      });
      yield* same("page", page, { entries: [], next: null });
    },
  ),
  law(
    "feed.unchanged",
    "An entry comes back with its stream, version, value and hash as written.",
    function* (lab) {
      yield* lab.commit({
        entries: [{ stream: "s", version: 1, value: '{"事":"漏水"}', hash: "h1" }],
      });
      const [first] = yield* lab.feed();
      const { cursor: _, ...rest } = first ?? { cursor: "" };
      yield* same("entry", rest, { stream: "s", version: 1, value: '{"事":"漏水"}', hash: "h1" });
    },
  ),
  law(
    "feed.commit-order",
    "The feed gives entries in the order of commits and, within one, of the batch.",
    function* (lab) {
      const wanted: Array<string> = [];
      for (let i = 1; i <= 12; i += 1) {
        const streams = i % 3 === 0 ? ["z", "a"] : i % 2 === 0 ? ["m"] : ["b", "y"];
        const entries = streams.map((name) => entry(`${name}${i}`, 1));
        yield* lab.commit({ entries });
        wanted.push(...entries.map((one) => one.stream));
      }
      yield* same(
        "streams",
        (yield* lab.feed()).map((one) => one.stream),
        wanted,
      );
    },
  ),
  law(
    "feed.by-stream",
    "With a stream the feed gives that stream's entries only, in version order.",
    function* (lab) {
      for (let i = 1; i <= 5; i += 1)
        yield* lab.commit({ entries: [entry("s", i), entry("t", i)] });
      const seen = yield* lab.feed({ stream: "s" });
      yield* same(
        "entries",
        seen.map((one) => `${one.stream}${one.version}`),
        ["s1", "s2", "s3", "s4", "s5"],
      );
      yield* same("unknown stream", yield* lab.feed({ stream: "none" }), []);
    },
  ),
  law(
    "feed.paging",
    "Pages of any size put together are the whole feed, each entry once.",
    function* (lab) {
      for (let i = 1; i <= 7; i += 1)
        yield* lab.commit({ entries: [entry("s", i), entry(`t${i}`, 1)] });
      const whole = yield* lab.feed();
      yield* same("entries", whole.length, 14);
      for (const limit of [1, 2, 3, 13, 14, 15]) {
        yield* same(`pages of ${limit}`, yield* lab.feed({ limit }), whole);
      }
    },
  ),
  law(
    "feed.paging-by-stream",
    "Pages of one stream put together are that stream, also after a cursor of the whole feed.",
    function* (lab) {
      for (let i = 1; i <= 6; i += 1)
        yield* lab.commit({ entries: [entry("t", i), entry("s", i)] });
      const whole = yield* lab.feed({ stream: "s" });
      for (const limit of [1, 2, 5, 6])
        yield* same(`pages of ${limit}`, yield* lab.feed({ stream: "s", limit }), whole);
      const third = (yield* lab.feed())[4];
      const rest = yield* lab.feed({ stream: "s", after: third?.cursor ?? null });
      yield* same(
        "after a cursor of t",
        rest.map((one) => one.version),
        [3, 4, 5, 6],
      );
    },
  ),
  law("feed.limit", "A page holds at most `limit` entries.", function* (lab) {
    yield* lab.commit({ entries: [entry("s", 1), entry("s", 2), entry("s", 3)] });
    const page = yield* lab.storage.feed({ namespace: HOME, after: null, limit: 2, stream: null });
    yield* same(
      "entries",
      page.entries.map((one) => one.version),
      [1, 2],
    );
    yield* same("next", page.next, page.entries[1]?.cursor ?? null);
  }),
  law("feed.cursor-rests", "When nothing is new the cursor handed in comes back.", function* (lab) {
    yield* lab.commit({ entries: [entry("s", 1)] });
    const end = (yield* lab.feed()).at(-1)?.cursor ?? null;
    const page = yield* lab.storage.feed({ namespace: HOME, after: end, limit: 10, stream: null });
    yield* same("page", page, { entries: [], next: end });
  }),
  law(
    "feed.cursor-continues",
    "A cursor taken before a commit shows what was committed since, and only that.",
    function* (lab) {
      yield* lab.commit({ entries: [entry("s", 1)] });
      const end = (yield* lab.feed()).at(-1)?.cursor ?? null;
      yield* lab.commit({ rows: [row("a")] });
      yield* lab.commit({ entries: [entry("s", 2), entry("t", 1)] });
      const fresh = yield* lab.feed({ after: end });
      yield* same(
        "entries",
        fresh.map((one) => `${one.stream}${one.version}`),
        ["s2", "t1"],
      );
    },
  ),
  law(
    "feed.stable",
    "Reading the feed again gives the same entries under the same cursors.",
    function* (lab) {
      for (let i = 1; i <= 4; i += 1) yield* lab.commit({ entries: [entry("s", i)] });
      const first = yield* lab.feed();
      yield* lab.commit({ entries: [entry("t", 1)] });
      yield* same("entries", (yield* lab.feed()).slice(0, 4), first);
      yield* same("cursors", new Set(first.map((one) => one.cursor)).size, 4);
    },
  ),
  law(
    "feed.refused-unseen",
    "Entries of a refused commit never appear, and the stream goes on without them.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], entries: [entry("s", 1)] });
      yield* lab.refused({ rows: [row("a")], entries: [entry("s", 2)] });
      yield* lab.commit({ entries: [{ ...entry("s", 2), value: "right" }] });
      yield* same(
        "values",
        (yield* lab.feed()).map((one) => one.value),
        ["s 1", "right"],
      );
    },
  ),
  law(
    "feed.foreign-cursor",
    "A cursor that was never handed out is refused as Invalid.",
    function* (lab) {
      const call = lab.storage.feed({
        namespace: HOME,
        after: "no cursor",
        limit: 10,
        stream: null,
      });
      yield* failsWith("foreign cursor", "Invalid", call);
    },
  ),
];
