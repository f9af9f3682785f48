/**
 * TypeScript fences of Markdown pages as files that can be checked and run.
 *
 * A fence says what it is: `ts run` is a whole program, `ts types` is only
 * type-checked. In a program, `// => VALUE` behind an expression, a `const` or a
 * `console.log`, or on the line below, is an assertion.
 */
import ts from "typescript";

/** One fence; `line` is the line of its first line of code, counted from 1. */
export interface Fence {
  readonly page: string;
  readonly line: number;
  readonly kind: "run" | "types";
  readonly code: string;
}

/** A fence or an assertion that cannot be used, with the place to look. */
export interface Fault {
  readonly page: string;
  readonly line: number;
  readonly reason: string;
}

/** All TypeScript fences of a page; a fence that does not say what it is is a fault. */
export const fencesOf = (
  page: string,
  text: string,
): { readonly fences: ReadonlyArray<Fence>; readonly faults: ReadonlyArray<Fault> } => {
  const fences: Array<Fence> = [];
  const faults: Array<Fault> = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const open = /^( *)(`{3,}|~{3,})\s*(.*)$/.exec(lines[at] ?? "");
    if (open === null) continue;
    const [, indent = "", mark = "", info = ""] = open;
    const end = closingLine(lines, at + 1, mark);
    const line = at + 2;
    const code = lines
      .slice(at + 1, end)
      .map((row) => (row.startsWith(indent) ? row.slice(indent.length) : row.trimStart()))
      .join("\n");
    at = end;
    const [language = "", word = ""] = info.trim().split(/\s+/);
    if (!/^(ts|tsx|typescript|mts|cts)$/.test(language)) continue;
    if (language === "ts" && (word === "run" || word === "types"))
      fences.push({ page, line, kind: word, code });
    else
      faults.push({
        page,
        line: line - 1,
        reason: `a TypeScript fence must be "ts run" or "ts types", not "${info.trim()}"`,
      });
  }
  return { fences, faults };
};

/** The fence as a file whose line numbers are those of the page. */
export const padded = (fence: Fence, code: string = fence.code): string =>
  `${"\n".repeat(fence.line - 1)}${code}\n`;

/**
 * The program with its assertions made into calls of `__expect`, line for line.
 * A `// =>` that belongs to no statement is a fault.
 */
export const instrument = (
  fence: Fence,
): {
  readonly code: string;
  readonly assertions: number;
  readonly faults: ReadonlyArray<Fault>;
} => {
  const source = ts.createSourceFile("fence.ts", fence.code, ts.ScriptTarget.Latest, true);
  const comments = assertionComments(fence.code);
  const edits: Array<{ readonly at: number; readonly text: string }> = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    const value = assertedValue(node);
    if (value === undefined) return;
    const row = source.getLineAndCharacterOfPosition(node.end).line;
    const comment = comments.get(row) ?? comments.get(row + 1);
    if (comment === undefined || comment.taken || !comment.follows(node.end, row)) return;
    comment.taken = true;
    const call = `, ${JSON.stringify(comment.text)}, ${JSON.stringify(`${fence.page}:${fence.line + comment.row}`)})`;
    if (ts.isVariableStatement(node))
      edits.push({ at: node.end, text: ` __expect(${value.getText(source)}${call};` });
    else
      edits.push({ at: value.getStart(source), text: "__expect(" }, { at: value.end, text: call });
  };
  visit(source);
  const code = edits
    .toSorted((a, b) => b.at - a.at)
    .reduce((text, { at, text: added }) => text.slice(0, at) + added + text.slice(at), fence.code);
  const all = [...comments.values()];
  return {
    code,
    assertions: edits.length === 0 ? 0 : all.filter(({ taken }) => taken).length,
    faults: all
      .filter(({ taken }) => !taken)
      .map(({ row }) => ({
        page: fence.page,
        line: fence.line + row,
        reason: "this `// =>` stands behind no expression, const or console.log",
      })),
  };
};

// Private

const closingLine = (lines: ReadonlyArray<string>, from: number, mark: string): number => {
  const close = new RegExp(`^ *${mark[0]}{${mark.length},}\\s*$`);
  for (let at = from; at < lines.length; at += 1) if (close.test(lines[at] ?? "")) return at;
  return lines.length;
};

interface Assertion {
  readonly row: number;
  readonly text: string;
  taken: boolean;
  /** True when nothing but blanks stands between the statement's end and the comment. */
  readonly follows: (end: number, row: number) => boolean;
}

/** Every `// =>` with the comment lines that continue it (`//` and two blanks or more). */
const assertionComments = (code: string): ReadonlyMap<number, Assertion> => {
  const lines = code.split("\n");
  const starts = lines.reduce<Array<number>>(
    (all, line) => [...all, (all.at(-1) ?? 0) + line.length + 1],
    [0],
  );
  const found = new Map<number, Assertion>();
  lines.forEach((line, row) => {
    const match = /^(.*?)\/\/ =>\s*(.*)$/.exec(line);
    if (match === null) return;
    const [, before = "", first = ""] = match;
    const more: Array<string> = [];
    for (const next of lines.slice(row + 1)) {
      const continued = /^\s*\/\/ {2,}(.*)$/.exec(next);
      if (continued === null) break;
      more.push(continued[1] ?? "");
    }
    found.set(row, {
      row,
      text: [first, ...more].join(" ").trim(),
      taken: false,
      follows: (end, endRow) =>
        endRow === row
          ? (starts[row] ?? 0) + before.length >= end &&
            code.slice(end, (starts[row] ?? 0) + before.length).trim() === ""
          : before.trim() === "" &&
            (lines[endRow] ?? "").slice(end - (starts[endRow] ?? 0)).trim() === "",
    });
  });
  return found;
};

/** The expression an assertion behind this statement speaks about. */
const assertedValue = (node: ts.Node): ts.Node | undefined => {
  if (ts.isVariableStatement(node)) {
    const [only, ...others] = node.declarationList.declarations;
    return others.length === 0 && only !== undefined && ts.isIdentifier(only.name)
      ? only.name
      : undefined;
  }
  if (!ts.isExpressionStatement(node)) return undefined;
  const { expression } = node;
  if (ts.isCallExpression(expression) && expression.expression.getText() === "console.log")
    return expression.arguments.length === 1 ? expression.arguments[0] : undefined;
  return expression;
};
