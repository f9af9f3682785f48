#!/usr/bin/env node
/** `linli`: the command as a process. */
import { linli } from "./main.ts";

process.exitCode = await linli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
