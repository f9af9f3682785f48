/** The victim of kill.test.ts: commits on several issues in turn and says what was acknowledged. */
import * as Effect from "effect/Effect";
import { writeSync } from "node:fs";
import { openSqlite } from "../src/index.ts";
import { commandOn } from "./batches.ts";

const [, , path = "", from = "{}"] = process.argv;
const versions = JSON.parse(from) as Record<string, number>;
const { storage } = await openSqlite({ path });
writeSync(1, "open\n");
for (let i = 0; ; i += 1) {
  const issue = `issue-${i % 5}`;
  const version = (versions[issue] ?? 0) + 1;
  const result = await Effect.runPromise(storage.commit(commandOn(issue, version)));
  versions[issue] = version;
  // Written without a buffer of our own: what the parent has read was acknowledged.
  if (result._tag === "Committed") writeSync(1, `${issue} ${version}\n`);
}
