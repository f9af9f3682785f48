// A life of an issue on SQLite, in an ES module project.
import { calendarCn } from "@linli/calendar-cn";
import * as xinan from "@linli/charters/xinan";
import { createDesk } from "@linli/core/promise";
import { openSqlite } from "@linli/storage-sqlite";
import { live } from "../life.cjs";

const { storage, close } = await openSqlite({ path: "life.sqlite" });
await live({ createDesk, storage, calendarCn, xinan });
await close();
