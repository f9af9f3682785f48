/**
 * `docs/adapters/storage.md`, built from this example: a part of the sources stands
 * where the text says `{{file#name}}`, a whole file where it says `{{file}}`, the whole
 * driver where it says `// {{whole}}`, and how many lines that are for `{{size}}`. What
 * the port declares stands for `{{core:file#name, name}}`, in promises.
 */
import { readFileSync } from "node:fs";

/** The page as Markdown. */
export const adapterPage = (): string =>
  read("./page.md")
    .replace("// {{whole}}", wholeDriver)
    .replace("{{size}}", sizeOfDriver)
    .replaceAll(/\{\{(\w+\.ts)\}\}/g, (_, file: string) => fenced(read(`../src/${file}`)))
    .replaceAll(/\{\{([\w.]+)#(\w+(?:\(\))?)\}\}/g, (_, file: string, name: string) =>
      fenced(partOf(read(`../src/${file}`), name)),
    )
    .replaceAll(/\{\{core:([\w.]+)#([\w, ]+)\}\}/g, (_, file: string, names: string) => {
      const source = read(`../../../packages/core/src/ports/${file}`);
      const parts = names.split(", ").map((name) => inPromises(partOf(source, name)));
      return fenced(parts.join("\n\n"));
    });

const inPromises = (declared: string): string =>
  declared
    .replace("export interface Storage {", "export interface PromiseStorage {")
    .replaceAll(/Effect\.Effect<(.+), (?:Conflict \| )?StorageError>/g, "Promise<$1>");

/** A declaration `name` or a method `name()` with its comment, moved to the left edge. */
export const partOf = (source: string, name: string): string => {
  const lines = source.split("\n");
  const wanted = name.endsWith("()")
    ? new RegExp(`^ *${name.slice(0, -2)}: async`)
    : new RegExp(`^ *(export )?(const|type|interface) ${name}\\b`);
  const start = lines.findIndex((line) => wanted.test(line));
  if (start < 0) throw new Error(`the sources have no \`${name}\``);
  const depth = indentOf(lines[start] ?? "");
  let end = start + 1;
  while (end < lines.length && (indentOf(lines[end] ?? "") > depth || lines[end] === "")) end += 1;
  if (/^ *[})\]]/.test(lines[end] ?? "")) end += 1;
  let comment = start;
  if (lines[start - 1]?.endsWith("*/"))
    do comment -= 1;
    while (!/^ *\/\*\*/.test(lines[comment] ?? ""));
  return lines
    .slice(comment, end)
    .map((line) => line.slice(depth))
    .join("\n")
    .trimEnd();
};

/** Lines of a file, as `wc -l` counts them. */
export const linesOf = (file: string): number =>
  read(`../src/${file}`).trimEnd().split("\n").length;

const sizeOfDriver = (): string => {
  const [driver, log] = [linesOf("driver.ts"), linesOf("log.ts")];
  return (
    `Its \`driver.ts\` has ${driver} lines and its \`log.ts\`, which any file of lines could use, ` +
    `${log}: ${driver + log} together, comments and blank lines counted.`
  );
};

const fenced = (code: string): string => `\`\`\`TypeScript\n${code.trimEnd()}\n\`\`\``;

/** Both files as one program: imports first, then the log, then the driver. */
const wholeDriver = (): string => {
  const [log, driver] = [bodyOf(read("../src/log.ts")), bodyOf(read("../src/driver.ts"))];
  const own = `import * as fs from "node:fs";`;
  const imports = `import * as port from "@linli/core/ports";\nimport { Result } from "effect";\n${own}`;
  const renamed = log
    .replace(/\bnew StorageError\b/g, "new port.StorageError")
    .replace(/: StorageReason\b/g, ": port.StorageReason")
    .replaceAll("export const", "const");
  return `${imports}\n\n${renamed}\n\n${driver}`;
};

const bodyOf = (source: string): string =>
  source.slice(source.indexOf("\n", source.lastIndexOf("\nimport ") + 1)).trim();

const indentOf = (line: string): number => line.length - line.trimStart().length;

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");
