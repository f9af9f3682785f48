/** Laws of a database before, while and after it is opened: info, migrate, open, close. */
import { STORAGE_LIMITS, type StorageDatabase } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { cutAfter } from "../faults/FaultyStorage.ts";
import { command, partsOf } from "./command.ts";
import { claims } from "./durableLaws.ts";
import { HOME, type Lab, same, Unexpected } from "./Lab.ts";
import { law, type LawBody, type StorageLaw } from "./Law.ts";

const database = (id: string, statement: string, body: LawBody) =>
  law(id, statement, body, "database");

const fresh = (lab: Lab) =>
  lab.fixture.database ??
  Effect.fail(new Unexpected("a durable driver must hand the suite a `database`"));

/** Opens it for the life of some work, with tools over it. */
const opened = <A, E, R>(
  lab: Lab,
  { open }: StorageDatabase,
  work: (open: Lab) => Effect.Effect<A, E, R>,
) => Effect.scoped(Effect.flatMap(open(), (storage) => work(lab.within(HOME, storage))));

export const databaseLaws: ReadonlyArray<StorageLaw> = [
  law(
    "info.truthful",
    "An open storage says who it is as its capabilities do, and that no step is missing.",
    function* (lab) {
      const info = yield* lab.storage.info();
      yield* same("claims", claims(info), claims(lab.storage.capabilities));
      yield* same("version", info.version.trim().length > 0, true);
      const { reached, newest, pending } = info.schema;
      yield* same("schema", [reached - newest, pending], [0, []]);
    },
  ),
  law("info.limits", "A driver takes at least what the port's limits say.", function* (lab) {
    const { limits } = yield* lab.storage.info();
    const { batchItems, valueBytes, keyBytes, pageRows } = STORAGE_LIMITS;
    const enough = [
      limits.batchItems >= batchItems,
      limits.valueBytes >= valueBytes,
      limits.keyBytes >= keyBytes,
      limits.pageRows >= pageRows,
    ];
    yield* same("limits", enough, [true, true, true, true]);
  }),
  law("info.changes-nothing", "Asking for info changes nothing that is stored.", function* (lab) {
    yield* lab.commit(command("a"));
    const look = Effect.all([lab.read("a"), lab.scan(), lab.feed(), lab.dead()]);
    const before = yield* look;
    yield* lab.storage.info();
    yield* lab.storage.info();
    yield* same("stored", yield* look, before);
  }),
  database(
    "info.unopened",
    "A database that is not open tells the same as when it is, and twice the same.",
    function* (lab) {
      const place = yield* fresh(lab);
      yield* place.migrate();
      const before = yield* place.info();
      yield* same("again", yield* place.info(), before);
      yield* opened(lab, place, (open) =>
        Effect.gen(function* () {
          const inside = yield* open.storage.info();
          const outside = yield* place.info();
          for (const info of [inside, outside]) {
            yield* same("claims", [claims(info), info.version], [claims(before), before.version]);
            yield* same("schema", info.schema, before.schema);
          }
        }),
      );
    },
  ),
  database(
    "migration.pending-named",
    "A database with missing steps is not opened: the refusal names them in order, as info does, and runs none.",
    function* (lab) {
      const place = yield* fresh(lab);
      const before = yield* place.info();
      const { reached, newest, pending } = before.schema;
      yield* same("first", [reached, pending.at(-1)?.step ?? 0], [0, newest]);
      yield* same(
        "in order",
        pending.map(({ step }) => step),
        pending.map(({ step }) => step).sort((a, b) => a - b),
      );
      if (pending.length === 0) return yield* opened(lab, place, () => Effect.void);
      const refusal = yield* Effect.flip(opened(lab, place, () => Effect.void));
      if (refusal._tag !== "MigrationsPending")
        return yield* Effect.fail(new Unexpected(`not MigrationsPending: ${String(refusal)}`));
      const { name } = before;
      yield* same(
        "refusal",
        [refusal.driver, refusal.reached, refusal.pending],
        [name, reached, pending],
      );
      return yield* same("afterwards", yield* place.info(), before);
    },
  ),
  database(
    "migration.explicit",
    "Migrating runs what info called missing and says so; then the database opens and takes writes.",
    function* (lab) {
      const place = yield* fresh(lab);
      const { pending, newest } = (yield* place.info()).schema;
      yield* same("ran", yield* place.migrate(), pending);
      yield* same("schema", (yield* place.info()).schema, { reached: newest, newest, pending: [] });
      yield* opened(lab, place, (open) =>
        Effect.gen(function* () {
          yield* open.commit(command("a"));
          yield* same("written", yield* partsOf(open, "a"), [1, 1, 1, 1, 1]);
        }),
      );
    },
  ),
  database(
    "migration.again",
    "Migrating again runs nothing and leaves what is stored as it is; a closed database opens again.",
    function* (lab) {
      const place = yield* fresh(lab);
      yield* place.migrate();
      yield* opened(lab, place, (open) => open.commit(command("a")));
      yield* same("ran", yield* place.migrate(), []);
      const feed = yield* opened(lab, place, (open) => open.feed());
      yield* same("ran once more", yield* place.migrate(), []);
      yield* opened(lab, place, (open) =>
        Effect.gen(function* () {
          yield* same("feed", yield* open.feed(), feed);
          yield* same("stored", yield* partsOf(open, "a"), [1, 1, 1, 1, 1]);
        }),
      );
    },
  ),
  database(
    "migration.at-once",
    "Of several that migrate at once each step is run by one.",
    function* (lab) {
      const place = yield* fresh(lab);
      const { pending } = (yield* place.info()).schema;
      const ran = yield* Effect.all(
        Array.from({ length: 4 }, () => place.migrate()),
        { concurrency: "unbounded" },
      );
      yield* same(
        "ran",
        ran.flat().sort((a, b) => a.step - b.step),
        pending,
      );
      yield* opened(lab, place, (open) => open.commit(command("a")));
    },
  ),
  database(
    "migration.interrupted",
    "A migration that was interrupted is finished by the next.",
    function* (lab) {
      for (const turns of [0, 1, 3]) {
        const place = yield* fresh(lab);
        yield* cutAfter(place.migrate(), turns);
        yield* place.migrate();
        yield* same("pending", (yield* place.info()).schema.pending, []);
        yield* opened(lab, place, (open) => open.commit(command("a")));
      }
    },
  ),
];
