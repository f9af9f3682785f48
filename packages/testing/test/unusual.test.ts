/** The laws blame no driver for the shape of its answers, cursors, tokens, errors or of itself. */
import {
  checkedStorage,
  Conflict,
  databaseFromPromise,
  databaseOfSteps,
  makeMemoryStorage,
  type PromiseStorage,
  type Storage,
  StorageError,
  storageFromPromise,
  storageToPromise,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { expect, it } from "vitest";
import { checkStorageLaw, reasonToSkip, storageLaws } from "../src/index.ts";

const capabilities = { name: "memory", durable: false, shared: false };

type Fields = Readonly<Record<string, unknown>>;

/** An answer with each of its objects made anew, from the inside out. */
const reshaped = (answer: unknown, object: (fields: Fields) => unknown): unknown => {
  if (typeof answer !== "object" || answer === null) return answer;
  if (Array.isArray(answer)) return answer.map((one) => reshaped(one, object));
  const fields = Object.entries(answer).map(([name, value]) => [name, reshaped(value, object)]);
  return object(Object.fromEntries(fields) as Fields);
};

const METHODS = ["info", "read", "receipt", "scan", "count", "commit"] as const;
const MORE = ["feed", "lease", "settle", "dead"] as const;

/** Memory in promises whose answers and errors have another shape. */
const answering = (
  object: (fields: Fields) => unknown,
  thrown: (error: unknown) => unknown = (error) => error,
): Storage => {
  const honest = storageToPromise(makeMemoryStorage());
  const methods = [...METHODS, ...MORE].map((name) => [
    name,
    async (...call: ReadonlyArray<unknown>) => {
      try {
        const answer: unknown = await Reflect.apply(honest[name], honest, call.slice(0, -1));
        return reshaped(answer, object);
      } catch (error) {
        throw thrown(error);
      }
    },
  ]);
  return storageFromPromise(Object.assign({ ...honest }, Object.fromEntries(methods)));
};

/** What an object-relational mapper hands out: nothing of its own, all by accessors. */
const byAccessors = (fields: Fields): unknown =>
  Object.create(
    Object.defineProperties(
      {},
      Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [
          name,
          { get: () => value, enumerable: true },
        ]),
      ),
    ),
  );

const plain = (error: unknown): unknown => {
  if (error instanceof Conflict)
    return { _tag: "Conflict", conflicts: [...error.conflicts].reverse(), code: "40001" };
  if (!(error instanceof StorageError)) return error;
  const { _tag, reason, operation, detail } = error;
  return { _tag, reason, operation, detail, code: "XX000" };
};

/** Cursors in base64, another one each time where the port does not want the same. */
const disguised = (honest: Storage): Storage => {
  let count = 0;
  const cover = (cursor: string | null, salt = "") =>
    cursor === null ? null : `~${salt}~${Buffer.from(cursor).toString("base64url")}`;
  const salted = (cursor: string | null) => cover(cursor, `${(count += 1)}`);
  const bare = (cursor: string | null) =>
    cursor?.startsWith("~") === true
      ? Buffer.from(cursor.split("~")[2] ?? "", "base64url").toString()
      : cursor;
  return {
    ...honest,
    scan: (request) =>
      Effect.map(honest.scan({ ...request, cursor: bare(request.cursor) }), (page) => ({
        ...page,
        next: salted(page.next),
      })),
    dead: (request) =>
      Effect.map(honest.dead({ ...request, cursor: bare(request.cursor) }), (page) => ({
        ...page,
        next: salted(page.next),
      })),
    feed: (request) =>
      Effect.map(honest.feed({ ...request, after: bare(request.after) }), (page) => ({
        entries: page.entries.map((one) => ({ ...one, cursor: cover(one.cursor) ?? "" })),
        next: cover(page.next),
      })),
  };
};

/** Gives fewer jobs at once than it is asked for. */
const inBatches = (honest: Storage): Storage => ({
  ...honest,
  lease: (request) => honest.lease({ ...request, limit: Math.min(request.limit, 50) }),
});

/** A driver that is an instance of a class, and keeps its state where only its methods reach. */
class Instance implements PromiseStorage {
  readonly #honest = storageToPromise(makeMemoryStorage());
  readonly capabilities = { ...capabilities, region: "its own" };
  info = () => this.#honest.info();
  read(...[request]: Parameters<PromiseStorage["read"]>) {
    return this.#honest.read(request);
  }
  receipt(...[request]: Parameters<PromiseStorage["receipt"]>) {
    return this.#honest.receipt(request);
  }
  scan(...[request]: Parameters<PromiseStorage["scan"]>) {
    return this.#honest.scan(request);
  }
  count(...[request]: Parameters<PromiseStorage["count"]>) {
    return this.#honest.count(request);
  }
  commit(...[batch]: Parameters<PromiseStorage["commit"]>) {
    return this.#honest.commit(batch);
  }
  feed(...[request]: Parameters<PromiseStorage["feed"]>) {
    return this.#honest.feed(request);
  }
  lease(...[request]: Parameters<PromiseStorage["lease"]>) {
    return this.#honest.lease(request);
  }
  settle(...[outcomes, at]: Parameters<PromiseStorage["settle"]>) {
    return this.#honest.settle(outcomes, at);
  }
  dead(...[request]: Parameters<PromiseStorage["dead"]>) {
    return this.#honest.dead(request);
  }
  async close() {
    await this.#honest.info();
  }
}

/** The same in effects, as it is. */
class InEffects implements Storage {
  readonly #honest = makeMemoryStorage();
  readonly capabilities = capabilities;
  info = () => this.#honest.info();
  read(...[request]: Parameters<Storage["read"]>) {
    return this.#honest.read(request);
  }
  receipt(...[request]: Parameters<Storage["receipt"]>) {
    return this.#honest.receipt(request);
  }
  scan(...[request]: Parameters<Storage["scan"]>) {
    return this.#honest.scan(request);
  }
  count(...[request]: Parameters<Storage["count"]>) {
    return this.#honest.count(request);
  }
  commit(...[batch]: Parameters<Storage["commit"]>) {
    return this.#honest.commit(batch);
  }
  feed(...[request]: Parameters<Storage["feed"]>) {
    return this.#honest.feed(request);
  }
  lease(...[request]: Parameters<Storage["lease"]>) {
    return this.#honest.lease(request);
  }
  settle(...[outcomes, at]: Parameters<Storage["settle"]>) {
    return this.#honest.settle(outcomes, at);
  }
  dead(...[request]: Parameters<Storage["dead"]>) {
    return this.#honest.dead(request);
  }
}

const ofSteps = () =>
  databaseFromPromise(
    databaseOfSteps({
      ...{ capabilities, version: "of a class", steps: [] },
      look: async () => ({ reached: 0, bytes: null }),
      run: async () => true,
      open: async () => {
        const storage = new Instance();
        return { storage, close: () => storage.close() };
      },
    }),
  );

const drivers: ReadonlyArray<[string, () => Storage]> = [
  ["answers with frozen objects", () => answering(Object.freeze)],
  ["answers with accessors", () => answering(byAccessors)],
  [
    "answers with fields of its own",
    () => answering((fields) => ({ ...fields, created: new Date(0) })),
  ],
  ["throws plain objects, conflicts in another order", () => answering((fields) => fields, plain)],
  ["has cursors in base64", () => disguised(makeMemoryStorage())],
  ["leases in batches", () => inBatches(makeMemoryStorage())],
  ["is an instance of a class of promises", () => storageFromPromise(new Instance())],
  ["is an instance of a class of effects", () => new InEffects()],
  ["stands behind the guard already", () => checkedStorage(new InEffects())],
];

// Under faults a law's namespaces have other names; what they show elsewhere is as without.
const asked = storageLaws.filter(
  ({ id }) => !id.endsWith("+faults") || /^(lease|namespace)\.|-at-bound/.test(id),
);

it.each(drivers)("a driver that %s keeps every law", { timeout: 60_000 }, async (_, open) => {
  const driver = { open: Effect.sync(open), capabilities };
  const broken: Array<string> = [];
  for (const law of asked) {
    if (reasonToSkip(law, driver) !== null) continue;
    const found = checkStorageLaw(law, driver);
    await Effect.runPromise(
      Effect.matchEffect(found, {
        onSuccess: () => Effect.void,
        onFailure: (error) => Effect.sync(() => broken.push(error.message)),
      }),
    );
  }
  expect(broken).toEqual([]);
});

it("an instance of a class may be opened by steps", async () => {
  const law = storageLaws.find(({ id }) => id === "commit.all-together");
  const open = Effect.orDie(ofSteps().open());
  await Effect.runPromise(checkStorageLaw(law!, { open, capabilities }));
});
