/** The laws blame no driver that does what the port allows, however odd it is. */
import {
  makeMemoryStorage,
  type Storage,
  storageFromPromise,
  storageToPromise,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import { checkStorageLaw, storageLaws } from "../src/index.ts";

const turns = async (count: number) => {
  for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve));
};
const millis = (count: number) => new Promise((resolve) => setTimeout(resolve, count));

/** Memory that looks at once, and waits before it changes something; it heeds no signal. */
const patient = (wait: () => Promise<unknown>): Storage => {
  const memory = makeMemoryStorage();
  const slow = storageToPromise(memory);
  const { commit, lease, settle } = storageFromPromise({
    ...slow,
    commit: (batch) => wait().then(() => slow.commit(batch)),
    lease: (request) => wait().then(() => slow.lease(request)),
    settle: (outcomes, at) => wait().then(() => slow.settle(outcomes, at)),
  });
  return { ...memory, commit, lease, settle };
};

/** As above, and every look takes a turn as well. */
const deaf = (count: number): Storage => {
  const memory = storageToPromise(patient(() => turns(count)));
  return storageFromPromise({
    ...memory,
    read: (request) => turns(1).then(() => memory.read(request)),
    receipt: (request) => turns(1).then(() => memory.receipt(request)),
    feed: (request) => turns(1).then(() => memory.feed(request)),
    commit: (batch) => memory.commit(batch),
    lease: (request) => memory.lease(request),
    settle: (outcomes, at) => memory.settle(outcomes, at),
  });
};

const capabilities = { name: "odd", durable: false, shared: false };

const asked = storageLaws.filter(
  ({ id, needs }) =>
    needs === undefined &&
    !id.endsWith("+faults") &&
    (/^(race|failure)\./.test(id) || id === "commit.interrupted-whole"),
);

describe.each([1, 2, 3, 5, 8, 13])("a driver that heeds no signal, %d turns late", (count) => {
  const cut = asked.filter(({ id }) => /cut|interrupted/.test(id));
  it.each(cut)("keeps $id", (law) =>
    Effect.runPromise(checkStorageLaw(law, { open: Effect.sync(() => deaf(count)), capabilities })),
  );
});

describe("a driver whose commits take milliseconds", () => {
  it.each(asked)("keeps $id", { timeout: 60_000 }, (law) => {
    let n = 0;
    // Long enough for thousands of pages of the feed to be read meanwhile.
    const most = law.id === "race.feed-misses-nothing" ? 40 : 4;
    const open = Effect.sync(() => patient(() => millis((n += 1) % most)));
    return Effect.runPromise(checkStorageLaw(law, { open, capabilities }));
  });
});
