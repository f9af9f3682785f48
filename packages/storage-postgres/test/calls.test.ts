/** Time limits of calls, on a clock of the test's own. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeCalls } from "../src/Calls.ts";
import { storageErrorOf } from "../src/Errors.ts";
import type { PgSource } from "../src/index.ts";
import { settingsOf } from "../src/Options.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

const ASKED = { operation: "read", text: "SELECT 1", values: [], repeatable: true, writes: false };

it("a connection that cannot be given back spoils no other, and nothing of the call", async () => {
  const given: Array<string> = [];
  const fails = () => {
    throw new Error("was given back already");
  };
  const ways: Record<string, () => unknown> = {
    throws: fails,
    works: () => undefined,
    rejects: () => Promise.reject(new Error("was given back already")),
    last: () => undefined,
  };
  const names = Object.keys(ways);
  let lent = 0;
  const source: PgSource = {
    connect: async () => {
      const name = names[lent++ % names.length] ?? "";
      const release = () => {
        given.push(name);
        return ways[name]?.();
      };
      return { query: async () => ({ rows: [{ name }] }), release };
    },
  };
  const calls = makeCalls(source, settingsOf({ source }));
  for (const turn of [1, 2]) {
    const rows = await Promise.all(names.map(() => calls.run(ASKED)));
    expect(rows).toEqual(names.map((name) => [{ name }]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(given.length).toBe(turn * names.length);
  }
  expect(given.toSorted()).toEqual([...names, ...names].toSorted());
  const query = () => Promise.reject(new Error("the line was cut"));
  const broken = { connect: async () => ({ query, release: fails }) };
  const failing = makeCalls(broken, settingsOf({ source: broken }));
  await expect(failing.run({ ...ASKED, repeatable: false })).rejects.toThrow("was cut");
  await failing.close();
  await calls.close();
});

it.each(["25P03", "25P04", "57P05"])(
  "a session that the server ends (%s) is not used again",
  async (code) => {
    const given: Array<boolean> = [];
    let lent = 0;
    const source: PgSource = {
      connect: async () => {
        const first = (lent += 1) === 1;
        const ended = Object.assign(new Error("terminating connection"), { code });
        return {
          query: () => (first ? Promise.reject(ended) : Promise.resolve({ rows: [{ one: 1 }] })),
          release: (error) => void given.push(error !== undefined),
        };
      },
    };
    const calls = makeCalls(source, settingsOf({ source }));
    const told: unknown = await calls.run({ ...ASKED, repeatable: false }).catch((cause) => cause);
    expect(["Timeout", "Unavailable"]).toContain(storageErrorOf("read", told).reason);
    expect(await calls.run(ASKED)).toEqual([{ one: 1 }]);
    await calls.close();
    expect([lent, given]).toEqual([2, [true, false]]);
  },
);

it("the time for a connection includes the wait for those before", async () => {
  const source: PgSource = { connect: () => new Promise(() => {}) };
  const options = { source, maxConnections: 1, connectTimeoutMillis: 300 };
  const calls = makeCalls(source, settingsOf(options));
  const told: Array<string> = [];
  const call = (name: string) => {
    calls.run(ASKED).catch(() => told.push(name));
  };
  call("first");
  await vi.advanceTimersByTimeAsync(150);
  call("second");
  await vi.advanceTimersByTimeAsync(149);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  // The second has the place of the first now, and half of its own time left.
  expect(told).toEqual(["first"]);
  await vi.advanceTimersByTimeAsync(149);
  expect(told).toEqual(["first"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual(["first", "second"]);
});
