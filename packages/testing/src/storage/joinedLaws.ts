/** Laws of names next to each other: they are never read as two others, however they join. */
import * as Effect from "effect/Effect";
import { entry, idsOf, job, type Lab, receipt, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { beginning, JOINS, keptApart, LOOKALIKES, named } from "./lookalikes.ts";

const namespaceLaws: ReadonlyArray<StorageLaw> = [
  law(
    "namespace.lookalikes-apart",
    "Namespaces that differ by case, blanks, accents, width or their last character share nothing.",
    function* (lab) {
      for (const name of LOOKALIKES) {
        yield* lab.within(name).commit({
          rows: [row("a", { value: name, by: ["k"] })],
          entries: [entry("s", 1)],
          schedule: [job("j", { value: name })],
          receipt: receipt("c", "x", name),
        });
      }
      for (const name of LOOKALIKES) yield* aloneIn(lab.within(name), name, "a", "s", "c");
    },
  ),
  law(
    "namespace.names-not-joined",
    "A namespace and a name in it are never read as another namespace and another name, however the two texts join.",
    function* (lab) {
      const home = lab.within("a");
      yield* home.commit({
        rows: JOINS.map(({ bc }) => row(bc, { value: "home" })),
        entries: JOINS.map(({ bc }) => beginning(bc)),
        schedule: JOINS.map(({ bc }) => job(bc, { key: bc, value: "home" })),
      });
      for (const { ab, bc } of JOINS) {
        yield* lab.within(ab).commit({
          rows: [row("c", { value: ab })],
          entries: [entry("c", 1)],
          schedule: [job("c", { key: "c", value: ab })],
          receipt: receipt("c", "x", ab),
        });
        yield* same(
          "receipt",
          (yield* home.commit({ receipt: receipt(bc, "y") }))._tag,
          "Committed",
        );
      }
      for (const { ab } of JOINS) yield* aloneIn(lab.within(ab), ab, "c", "c", "c");
      yield* same(
        "rows",
        [...new Set((yield* home.read(...JOINS.map(({ bc }) => bc))).map((one) => one?.value))],
        ["home"],
      );
      yield* same(
        "jobs",
        idsOf(yield* home.lease({ limit: 100 })),
        JOINS.map(({ bc }) => bc),
      );
    },
  ),
];

/** What one namespace holds is what was written in it, and no more. */
const aloneIn = Effect.fnUntraced(function* (
  lab: Lab,
  value: string,
  id: string,
  stream: string,
  command: string,
) {
  yield* same("row", (yield* lab.read(id))[0]?.value, value);
  yield* same(
    "feed",
    (yield* lab.feed()).map((one) => one.stream),
    [stream],
  );
  const again = yield* lab.commit({ receipt: receipt(command, "x") });
  yield* same("receipt", again._tag === "Replayed" ? again.receipt.value : again._tag, value);
  const jobs = yield* lab.lease({ limit: 100 });
  yield* same(
    "jobs",
    jobs.map((one) => [one.id, one.value]),
    [[jobs[0]?.id, value]],
  );
});

const joinLaws: ReadonlyArray<StorageLaw> = [
  law(
    "text.names-not-joined",
    "Kind and id, kind and index, index and key, stream and version, queue and key are never read as two others, however their texts join.",
    function* (lab) {
      const rows = JOINS.flatMap(({ ab, bc }) => [
        named(ab, "c", "c", "k"),
        named("a", bc, bc, "k"),
        named("thing", `index ${ab}`, ab, "c"),
      ]);
      const keyed = JOINS.map(({ bc }) => named("thing", `key ${bc}`, "a", bc));
      yield* lab.commit({ rows: [...rows, ...keyed] });
      yield* keptApart(lab, rows);
      const ids = yield* lab.scanAll({ index: "a" });
      yield* same("index a", [...ids].sort(), idsOf(keyed).sort());
      yield* lab.commit({
        schedule: JOINS.flatMap(({ ab, bc }, n) => [
          job(`outer ${n}`, { queue: "a", key: bc }),
          job(`inner ${n}`, { queue: ab, key: "c" }),
        ]),
      });
      yield* same("queue a", (yield* lab.lease({ queue: "a", limit: 100 })).length, JOINS.length);
      for (const [n, { ab }] of JOINS.entries())
        yield* same(`queue ${ab}`, idsOf(yield* lab.lease({ queue: ab })), [`inner ${n}`]);
      const line = Array.from({ length: 11 }, (_, n) => entry("s", n + 1));
      yield* lab.commit({ entries: [...line, entry("s1", 1)] });
      const lengths = [yield* lab.feed({ stream: "s" }), yield* lab.feed({ stream: "s1" })];
      yield* same(
        "streams",
        lengths.map((one) => one.length),
        [11, 1],
      );
    },
  ),
];

export const joinedLaws: ReadonlyArray<StorageLaw> = [...joinLaws, ...namespaceLaws];
