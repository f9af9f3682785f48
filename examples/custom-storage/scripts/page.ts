/**
 * `docs/adapters/storage.md`, built from this example: a part of the sources stands
 * where the text says `{{file#name}}`, a whole file where it says `{{file}}`, the whole
 * driver where it says `// {{whole}}`, and how many lines that are for `{{size}}`.
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
    );

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
  const comment = /^ *\/\*\*.*\*\/$/.test(lines[start - 1] ?? "") ? start - 1 : start;
  return lines
    .slice(comment, end)
    .map((line) => line.slice(depth))
    .join("\n")
    .trimEnd();
};

/** Lines of a file, as `wc -l` counts them, and those of them that are neither blank nor comment. */
export const sizeOf = (file: string) => {
  const lines = read(`../src/${file}`).trimEnd().split("\n");
  return { lines: lines.length, code: lines.filter((line) => !NO_CODE.test(line)).length };
};

const NO_CODE = /^\s*(\/\/.*|\/?\*.*)?$/;

const sizeOfDriver = (): string => {
  const [driver, log] = [sizeOf("driver.ts"), sizeOf("log.ts")];
  return (
    `Its \`driver.ts\` has ${driver.lines} lines and its \`log.ts\`, which any file of lines could use, ` +
    `${log.lines}; ${driver.code + log.code} lines of both are code and no comment.`
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
