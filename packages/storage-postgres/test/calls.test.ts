/** Time limits of calls, on a clock of the test's own. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeCalls } from "../src/Calls.ts";
import type { PgSource } from "../src/index.ts";
import { settingsOf } from "../src/Options.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

it("the time for a connection includes the wait for those before", async () => {
  const source: PgSource = { connect: () => new Promise(() => {}) };
  const options = { source, maxConnections: 1, connectTimeoutMillis: 300 };
  const calls = makeCalls(source, settingsOf(options));
  const told: Array<string> = [];
  const call = (name: string) => {
    const asked = { operation: "read", text: "SELECT 1", values: [] };
    calls.run({ ...asked, repeatable: true, writes: false }).catch(() => told.push(name));
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
