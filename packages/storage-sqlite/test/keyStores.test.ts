/**
 * Key stores that are wrong, lost, older or restored, in any order, held against a model: nobody's
 * words are shown as forgotten who was not, nobody forgotten is read again where it is known, and
 * nothing is written where it could not be read.
 */
import { makeMemoryKeyStore, makeMemoryStorage, platformCipher } from "@linli/core/ports";
import type { CommitBatch, KeyStore, Storage } from "@linli/core/ports";
import { createDesk, deskOf } from "@linli/core/promise";
import type { Desk } from "@linli/core/promise";
import { makeLinli } from "@linli/core/services";
import { trustStreet } from "@linli/testing";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteKeys } from "../src/index.ts";
import { copyStore, makeModel, newStore } from "./keyStoresModel.ts";
import type { DataModel, Expected, StoreModel } from "./keyStoresModel.ts";
import { makeFolder, removeFolder } from "./temp.ts";

const cipher = platformCipher("AES-256-GCM");
const host = { actor: { person: null, host: true } };
const phoneOf = (person: string) => ({ field: "phone", value: `phone of ${person}` });

/** A key store, and a copy of how it is now. */
interface Copyable {
  readonly keys: KeyStore;
  readonly copy: () => Promise<Copyable>;
  readonly close: () => Promise<void>;
}

// A copy of the memory key store is told again what the first was told.
const retold = (past: ReadonlyArray<(keys: KeyStore) => void>): Copyable => {
  const inner = makeMemoryKeyStore();
  for (const tell of past) tell(inner);
  const told = [...past];
  const both = <A>(run: (keys: KeyStore) => Effect.Effect<A, unknown>) => {
    told.push((keys) => Effect.runSync(Effect.ignore(run(keys))));
  };
  const keys: KeyStore = {
    ...inner,
    current: (owner, fresh) => {
      both((other) => other.current(owner, fresh));
      return inner.current(owner, fresh);
    },
    erase: (erased) => {
      both((other) => other.erase(erased));
      return inner.erase(erased);
    },
    destroy: (ids) => {
      both((other) => other.destroy(ids));
      return inner.destroy(ids);
    },
  };
  return { keys, copy: async () => retold(told), close: async () => undefined };
};

const inFile = async (folder: string, name: string, from: string | null): Promise<Copyable> => {
  const path = join(folder, name);
  if (from !== null) copyFileSync(from, path);
  const { keys, close } = await openSqliteKeys({ path, mustExist: from !== null });
  let copies = 0;
  return { keys, close, copy: () => inFile(folder, `${name}-${(copies += 1)}`, path) };
};

/** A storage of which an earlier state can be put back. */
const makeRestorable = () => {
  let inner = makeMemoryStorage();
  let told: Array<CommitBatch> = [];
  const storage: Storage = {
    ...inner,
    read: (request) => inner.read(request),
    receipt: (request) => inner.receipt(request),
    scan: (request) => inner.scan(request),
    count: (request) => inner.count(request),
    feed: (request) => inner.feed(request),
    commit: (batch) =>
      Effect.tap(inner.commit(batch), () => Effect.sync(() => void told.push(batch))),
  };
  const backup = () => {
    const kept = [...told];
    return async () => {
      inner = makeMemoryStorage();
      told = [...kept];
      for (const batch of kept) await Effect.runPromise(inner.commit(batch));
    };
  };
  return { storage, backup };
};

type Step =
  | { readonly do: "open"; readonly which: number | null; readonly isBare: boolean }
  | { readonly do: "copy" | "restore"; readonly which: number }
  | { readonly do: "write" | "erase" | "remember" | "ask"; readonly person: string }
  | { readonly do: "look" | "seal" | "adopt" | "backup" };

const person = fc.constantFrom("ann", "bo");
const which = fc.nat({ max: 9 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("open" as const),
      which: fc.option(which, { freq: 6 }),
      isBare: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("copy" as const, "restore" as const), which }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("write" as const), person }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("erase" as const, "remember" as const, "ask" as const),
      person,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("look" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("seal" as const, "adopt" as const, "backup" as const),
    }),
  },
);

/** What came of it, in the words of the model. */
const outcome = async (run: () => Promise<unknown>): Promise<unknown> => {
  try {
    return { is: "done", answer: await run() };
  } catch (error) {
    if (typeof error !== "object" || error === null) return error;
    if ("reason" in error && "operation" in error) return { is: error.reason };
    return "_tag" in error ? { is: error._tag } : error;
  }
};

const run = async (steps: ReadonlyArray<Step>, first: ReadonlyArray<Copyable>) => {
  const stores: Array<{ readonly real: Copyable; readonly model: StoreModel }> = first.map(
    (real) => ({ real, model: newStore() }),
  );
  const model = makeModel();
  const { storage, backup } = makeRestorable();
  const backups: Array<{ readonly put: () => Promise<void>; readonly data: DataModel }> = [];
  const clock = { now: Date.UTC(2026, 10, 23, 1, 0, 0) };
  let ids = 0;
  let desk: Desk | null = null;
  let using: StoreModel | null = null;
  const seen = new Set<string>();
  const settingsOf = (real: Copyable | null) => ({
    ...{ storage, ...trustStreet, now: () => clock.now, newId: () => `n${(ids += 1)}` },
    people: real === null ? null : { cipher, keys: real.keys },
  });
  const same = async (expected: Expected, work: () => Promise<unknown>) => {
    expect(await outcome(work)).toEqual(expected);
    seen.add(expected.is);
  };
  // Published once, so that a desk can also be had without opening anything.
  await createDesk(settingsOf(null));

  for (const one of steps) {
    clock.now += 1;
    if (one.do === "open") {
      const chosen = one.which === null ? null : (stores[one.which % stores.length] ?? null);
      using = chosen?.model ?? null;
      const expected = model.open(using);
      const settings = settingsOf(chosen?.real ?? null);
      const bare = deskOf(makeLinli(settings));
      desk = bare;
      // Whoever does not look at how opening ended is refused afterwards.
      await same(expected, async () => {
        if (one.isBare) await bare.reapplyErasures();
        else desk = await createDesk(settings);
      });
    } else if (one.do === "copy") {
      const from = stores[one.which % stores.length];
      if (from === undefined || stores.length > 5) continue;
      stores.push({ real: await from.real.copy(), model: copyStore(from.model) });
    } else if (one.do === "backup") {
      backups.push({ put: backup(), data: model.data });
    } else if (one.do === "restore") {
      const chosen = backups[one.which % Math.max(backups.length, 1)];
      if (chosen === undefined) continue;
      await chosen.put();
      model.restore(chosen.data);
      // Whoever restores starts anew.
      desk = null;
    } else if (desk !== null) {
      const now: Desk = desk;
      const at = clock.now;
      if (one.do === "write") {
        const words = `words ${at}`;
        const commandId = `c${at}`;
        const report = { type: "report", place: { unit: "B" }, category: "repair", words };
        let issue = "";
        const written = await outcome(async () => {
          const acted = await now.begin(report, { actor: { person: one.person }, commandId });
          issue = acted.issue;
        });
        expect(written).toEqual(model.write(using, { issue, person: one.person, words, at }));
      } else if (one.do === "erase") {
        await same(model.erase(using, one.person, at), async () => {
          await now.erase(one.person, host);
        });
      } else if (one.do === "remember") {
        await same(model.remember(using, one.person, at), () =>
          now.remember(one.person, phoneOf(one.person)),
        );
      } else if (one.do === "ask") {
        await same(model.ask(using, one.person), () => now.personBy(phoneOf(one.person)));
      } else if (one.do === "seal") {
        await same(model.seal(using), async () => {
          await now.sealContents();
        });
      } else if (one.do === "adopt") {
        await same(model.adopt(using, at), async () => {
          const found = await now.inspectKeys();
          await now.adoptKeys({ ...host, givingUp: found.missing });
          return found;
        });
      } else {
        for (const { issue } of model.data.contents)
          await same(model.look(using, issue), async () => {
            const { contents } = await now.view(issue, { viewer: { person: null, host: true } });
            return contents?.map(({ words, erased }) => [words, erased === true])[0];
          });
      }
    }
  }
  return seen;
};

describe("key stores in any order", () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 40 });

  it("in memory", { timeout: 60_000 }, async () => {
    const seen = new Set<string>();
    const kinds = fc.asyncProperty(steps, async (all) => {
      for (const is of await run(all, [retold([]), retold([])])) seen.add(is);
    });
    await fc.assert(kinds, { seed: 28, numRuns: 300 });
    expect([...seen].toSorted()).toEqual(["Misconfigured", "NotFound", "Unsupported", "done"]);
  });

  it("in files", { timeout: 60_000 }, async () => {
    const kinds = fc.asyncProperty(steps, async (all) => {
      const folder = makeFolder();
      const opened: Array<Copyable> = [];
      const kept = (real: Copyable): Copyable => {
        opened.push(real);
        return { ...real, copy: async () => kept(await real.copy()) };
      };
      try {
        const first = [await inFile(folder, "a", null), await inFile(folder, "b", null)];
        await run(all, first.map(kept));
      } finally {
        for (const { close } of opened) await close();
        removeFolder(folder);
      }
    });
    await fc.assert(kinds, { seed: 28, numRuns: 40 });
  });
});
