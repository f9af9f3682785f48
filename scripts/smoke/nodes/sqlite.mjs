// The SQLite driver opens on Node 24 and says plainly what it needs on older ones.
import assert from "node:assert/strict";
import { openSqlite } from "@linli/storage-sqlite";

const opening = openSqlite({ path: ":memory:" });
if (Number.parseInt(process.versions.node, 10) >= 24) {
  const { close } = await opening;
  await close();
} else {
  const error = await opening.then(
    () => assert.fail("it opened"),
    (reason) => reason,
  );
  assert.equal(error._tag, "StorageError");
  assert.equal(error.reason, "Unsupported");
  assert.match(error.message, /Node/);
}
