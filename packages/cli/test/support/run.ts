/** The command line in this process, and what it says. */
import { linli } from "../../src/index.ts";

export const run = async (...args: ReadonlyArray<string>) => {
  let out = "";
  let err = "";
  const code = await linli(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
};
