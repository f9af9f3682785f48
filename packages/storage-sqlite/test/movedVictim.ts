/** The victim of moved.test.ts: works off what is due and says so after each commit, until it is killed. */
import { writeSync } from "node:fs";
import { openStreet } from "./street.ts";

const [, , path = "", now = "0", limit = "1"] = process.argv;
// Written without a buffer of our own: what the parent has read was committed.
const { desk } = await openStreet(path, Number(now), {}, () => writeSync(1, "committed\n"));
while ((await desk.runDue({ limit: Number(limit) })).more);
