/** Runs the programs of one page, one after another, in this process; says how each ended. */
import { pathToFileURL } from "node:url";

for (const file of process.argv.slice(2)) {
  try {
    await import(pathToFileURL(file).href);
    await tell({ file, ok: true });
  } catch (error) {
    await tell({ file, ok: false, message: String(error?.stack ?? error) });
  }
}
// A program may leave a timer or a server behind; the page is done all the same.
process.exit(0);

function tell(message) {
  return new Promise((resolve) => process.send(message, resolve));
}
