/** A calendar that ends, and the next one: deadlines are provisional, then computed anew. */
import { expect, test } from "vitest";
import { makeMemoryStorage } from "../src/ports/index.ts";
import { calendar, openTown, person } from "./support/town.ts";

const known = { ...calendar, covers: { from: "2026-01-01", until: "2026-12-31" } };
const announced = {
  ...calendar,
  covers: { from: "2026-01-01", until: "2027-12-31" },
  days: [
    { date: "2027-01-01", off: true },
    { date: "2027-01-04", off: true },
  ],
};
const at = (text: string) => Date.parse(`${text}+08:00`);

test("beyond the calendar a deadline says so, and the next calendar puts it right once", async () => {
  const storage = makeMemoryStorage();
  const before = await openTown({
    storage,
    settings: { calendars: [known], now: () => at("2026-12-30T10:00:00") },
  });
  const { issue } = await before.desk.begin(
    { type: "report", place: { unit: "B1" }, category: "repair" },
    { actor: person("r") },
  );
  await before.desk.act(issue, { type: "accept" }, { actor: person("chief-1") });
  await before.desk.act(issue, { type: "contact", reached: true }, { actor: person("chief-1") });
  const guess = await before.desk.view(issue, { viewer: person("r") });
  expect(guess).toMatchObject({ dueAt: at("2027-01-06T23:59:59.999"), dueProvisional: true });
  expect(await before.desk.recompute()).toBe(0);

  const after = await openTown({
    storage,
    settings: { calendars: [announced], now: () => at("2026-12-31T10:00:00") },
  });
  expect(await after.desk.recompute()).toBe(1);
  const sure = await after.desk.view(issue, { viewer: person("r") });
  expect(sure).toMatchObject({ dueAt: at("2027-01-08T23:59:59.999"), dueProvisional: false });
  expect((await after.desk.history(issue)).at(-1)?.event.type).toBe("DeadlinesRecomputed");
  expect(await after.desk.recompute()).toBe(0);
});
