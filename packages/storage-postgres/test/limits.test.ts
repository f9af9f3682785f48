import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeLimits } from "../src/Limits.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells each that its time has passed, once, and none that was lifted before", () => {
  const told: Array<string> = [];
  const limits = makeLimits(1000);
  const lifted = limits(() => told.push("lifted"));
  limits(() => told.push("first"));
  vi.advanceTimersByTime(400);
  limits(() => told.push("second"));
  lifted.lift();
  lifted.lift();
  vi.advanceTimersByTime(599);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual(["first"]);
  vi.advanceTimersByTime(399);
  expect(told).toEqual(["first"]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual(["first", "second"]);
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual(["first", "second"]);
});

it("begins anew after a rest, however many were lifted", () => {
  let late = 0;
  const limits = makeLimits(1000);
  for (let n = 0; n < 10_000; n += 1) limits(() => (late += 1)).lift();
  // One timer for all of them, and none once it has looked.
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(5000);
  expect([late, vi.getTimerCount()]).toEqual([0, 0]);
  limits(() => (late += 1));
  vi.advanceTimersByTime(1000);
  expect([late, vi.getTimerCount()]).toEqual([1, 0]);
});

it("may begin or lift others while it tells one", () => {
  const told: Array<string> = [];
  const limits = makeLimits(1000);
  limits(() => {
    told.push("first");
    other.lift();
    limits(() => told.push("third"));
  });
  const other = limits(() => told.push("second"));
  vi.advanceTimersByTime(1000);
  expect(told).toEqual(["first"]);
  vi.advanceTimersByTime(1000);
  expect(told).toEqual(["first", "third"]);
});
