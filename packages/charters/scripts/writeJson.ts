/**
 * Writes the shipped charters as plain JSON, for hosts and tools that are not
 * TypeScript: `node packages/charters/scripts/writeJson.ts`.
 */
import { writeFileSync } from "node:fs";
import { bazhongCharter, minhouCharter, xinanCharter } from "../src/index.ts";

for (const charter of [xinanCharter, minhouCharter, bazhongCharter]) {
  const file = new URL(`../json/${charter.id}.charter.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(charter, null, 2)}\n`);
}
