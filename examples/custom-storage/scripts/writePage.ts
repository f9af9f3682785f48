/** Writes the adapter page: `node examples/custom-storage/scripts/writePage.ts`. */
import { writeFileSync } from "node:fs";
import { adapterPage } from "./page.ts";

writeFileSync(new URL("../../../docs/adapters/storage.md", import.meta.url), adapterPage());
