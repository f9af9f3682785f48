#!/usr/bin/env node
/** `linli`: the command as a process. */
import { linli } from "./main.ts";

// Whoever reads our lines may have enough of them, as `head` does; the exit code still counts.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

process.exitCode = await linli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
