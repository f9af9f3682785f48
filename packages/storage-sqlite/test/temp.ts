/** A folder for data files that is gone when the scope closes. */
import * as Effect from "effect/Effect";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const makeFolder = () => mkdtempSync(join(tmpdir(), "linli-sqlite-"));

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true });

/** The path of a data file that does not exist yet, in a folder of its own. */
export const freshPath = Effect.map(
  Effect.acquireRelease(Effect.sync(makeFolder), (folder) =>
    Effect.sync(() => removeFolder(folder)),
  ),
  (folder) => join(folder, "town.db"),
);
