/** Writes the reference pages: `node packages/charters/scripts/writeReference.ts`. */
import { writeFileSync } from "node:fs";
import { bazhongCharter, minhouCharter, xinanCharter } from "../src/index.ts";
import { referencePage } from "./reference.ts";

for (const [locale, name] of [
  ["en", "charters"],
  ["zh", "charters.zh-CN"],
] as const) {
  const file = new URL(`../../../docs/reference/${name}.md`, import.meta.url);
  writeFileSync(file, referencePage([xinanCharter, minhouCharter, bazhongCharter], locale));
}
