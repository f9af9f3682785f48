/**
 * The main job: `npm start` runs a town on `PORT` (4870) and `HOST` (127.0.0.1) with
 * one SQLite file under `LINLI_DATA`. SIGTERM and SIGINT end it cleanly; a second one
 * while it ends changes nothing.
 */
import { settingsFrom, StartFault } from "./server/settings.ts";
import { startTown } from "./server/start.ts";
import { welcome } from "./server/welcome.ts";

try {
  const running = await startTown(settingsFrom(process.env));
  process.stdout.write(`${welcome(running)}\n`);
  const end = () => {
    running.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
} catch (fault) {
  if (!(fault instanceof StartFault)) throw fault;
  process.stderr.write(`${fault.text.zh}\n${fault.text.en}\n`);
  process.exitCode = 1;
}
