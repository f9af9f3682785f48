/** A command run in this process, with what it wrote. */
import { fileURLToPath } from "node:url";
import { main } from "../src/cli.ts";
import type { Figures } from "../src/figures.ts";

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

export const command = (...args: ReadonlyArray<string>) => commandOn({ terminal: false }, ...args);

export const commandOn = async (
  { terminal }: { readonly terminal: boolean },
  ...args: ReadonlyArray<string>
) => {
  let out = "";
  let err = "";
  const code = await main(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    terminal,
  });
  return { code, out, err };
};

export const figures = async (...args: ReadonlyArray<string>): Promise<Figures> => {
  const { code, out, err } = await command("--json", ...args);
  if (code !== 0) throw new Error(`exit ${code}: ${err}`);
  return JSON.parse(out) as Figures;
};
