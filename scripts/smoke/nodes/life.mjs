// A life of an issue in memory gives the same history under three process time zones.
import assert from "node:assert/strict";
import { calendarCn } from "@linli/calendar-cn";
import * as xinan from "@linli/charters/xinan";
import { makeMemoryStorage } from "@linli/core/ports";
import { createDesk } from "@linli/core/promise";
import { live } from "../life.cjs";

const histories = [];
for (const zone of ["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"]) {
  histories.push(await live({ createDesk, storage: makeMemoryStorage(), calendarCn, xinan, zone }));
}
assert.deepEqual(histories[1], histories[0]);
assert.deepEqual(histories[2], histories[0]);
