/** Writes the reference page of the laws: `node packages/testing/scripts/writeReference.ts`. */
import { writeFileSync } from "node:fs";
import { storageLawsPage } from "./reference.ts";

writeFileSync(
  new URL("../../../docs/reference/storage-laws.md", import.meta.url),
  storageLawsPage(),
);
