import { calendarCn } from "@linli/calendar-cn";
import { makeMemoryStorage } from "@linli/core/ports";
import { createDesk } from "@linli/core/promise";
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";
import { beforeAll, describe, expect, it } from "vitest";

const DAY = 86_400_000;
const START = Date.parse("2023-08-03T09:30:00+08:00");

describe("three reports of one hazard in one micro-community within seven days", () => {
  let now = START;
  let desk: Awaited<ReturnType<typeof createDesk>>;
  beforeAll(async () => {
    desk = await createDesk({
      storage: makeMemoryStorage(),
      calendars: [calendarCn()],
      charter: xinanCharter,
      hierarchy: xinanHierarchy(),
      directory: xinanDirectory(),
      now: () => now,
    });
  });

  const report = (unit: string, category: string) =>
    desk.begin({ type: "report", place: { unit }, category }, { actor: { person: "resident.1" } });

  it("bring the third to the community, and leave the first two with their chiefs", async () => {
    const first = await report("jinde-01", "manhole");
    now = START + 2 * DAY;
    const second = await report("jinde-02", "manhole");
    now = START + 4 * DAY;
    const third = await report("jinde-03", "manhole");
    expect(first.handler.level).toBe("building");
    expect(second.handler.level).toBe("building");
    expect(third.events).toEqual(["Reported", "ClusterRaised"]);
    expect(third.handler).toEqual({ post: "committee", unit: "caozhuang", level: "community" });
  });

  it("count neither another hazard, nor another micro-community, nor older reports", async () => {
    expect((await report("jinde-04", "charging")).handler.level).toBe("building");
    expect((await report("yekou-3", "manhole")).handler.level).toBe("building");
    now = START + 20 * DAY;
    expect((await report("jinde-05", "manhole")).handler.level).toBe("building");
  });
});
