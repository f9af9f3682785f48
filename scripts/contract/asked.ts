/** What is asked of the contract's runner: its arguments, read and refused whole. */
import { type ReportLanguage, type Replay, type StorageLaw, storageLaws } from "@linli/testing";
import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { NoDriver, textOf } from "./drivers.ts";

export const USAGE = `npm run contract -- --driver memory|sqlite|postgres|pglite|MODULE

  --driver NAME       a driver of this repository, or the path of a module that exports
                      \`open\` and \`capabilities\` (docs/adapters/storage.md)
  --law PART          only laws whose id contains PART; may be given several times
  --law-millis N      how long opening, asking and closing may take for a law; 60000 when left out
  --json              the report as JSON on stdout (npm run -s, or npm's own lines come first)
  --report FILE.md    the report as Markdown, to attach to a tender
  --language zh|en|both
                      language of that page; both when left out
  --at INSTANT        date of the report, ISO 8601; now when left out
  --seed N --path P --replay-path P --runs N
                      run a generated case again, as a broken law printed it
`;

/** Everything asked, checked. */
export interface Asked {
  readonly driver: string;
  readonly laws: ReadonlyArray<StorageLaw>;
  readonly lawMillis: number | null;
  readonly replay: Replay;
  readonly at: number;
  readonly json: boolean;
  /** Where the page goes; it can be written there. */
  readonly page: string | null;
  readonly language: ReportLanguage;
}

/** Reads the arguments; null asks for help. Fails with {@link NoDriver}, which says what is wrong. */
export const askedIn = (args: ReadonlyArray<string>): Asked | null => {
  const given = valuesIn(args);
  if (given.help) return null;
  if (given.driver === undefined || given.driver === "")
    throw new NoDriver("name a driver: --driver memory");
  const at = given.at === undefined ? Date.now() : Date.parse(given.at);
  if (Number.isNaN(at)) throw new NoDriver("--at must be an instant, as 2026-03-01T08:00:00Z");
  const [seed, runs] = [whole("seed", given.seed), whole("runs", given.runs, 1)];
  const replayPath = given["replay-path"];
  return {
    driver: given.driver,
    laws: lawsOf(given.law ?? []),
    lawMillis: whole("law-millis", given["law-millis"], 1) ?? null,
    replay: {
      ...(seed === undefined ? {} : { seed }),
      ...(runs === undefined ? {} : { runs }),
      ...(given.path === undefined ? {} : { path: given.path }),
      ...(replayPath === undefined ? {} : { replayPath }),
    },
    at,
    json: given.json,
    page: given.report === undefined ? null : writable(given.report),
    language: languageOf(given.language),
  };
};

// Private

const options = {
  driver: { type: "string" },
  law: { type: "string", multiple: true },
  "law-millis": { type: "string" },
  json: { type: "boolean", default: false },
  report: { type: "string" },
  language: { type: "string", default: "both" },
  at: { type: "string" },
  seed: { type: "string" },
  path: { type: "string" },
  "replay-path": { type: "string" },
  runs: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const valuesIn = (args: ReadonlyArray<string>) => {
  try {
    const asked = { args: [...args], options, allowPositionals: false, tokens: true } as const;
    const { values, tokens } = parseArgs(asked);
    const named = tokens.flatMap((one) => (one.kind === "option" ? [one.name] : []));
    const twice = named.find((name, n) => name !== "law" && named.indexOf(name) !== n);
    if (twice !== undefined) throw new NoDriver(`--${twice} is given twice`);
    return values;
  } catch (error) {
    if (error instanceof NoDriver) throw error;
    throw new NoDriver(error instanceof Error ? error.message : textOf(error));
  }
};

const lawsOf = (parts: ReadonlyArray<string>): ReadonlyArray<StorageLaw> => {
  const found = (part: string) => storageLaws.filter((law) => law.id.includes(part));
  const none = parts.filter((part) => part === "" || found(part).length === 0);
  if (none.length > 0) {
    throw new NoDriver(`no law has an id with ${none.map((part) => `"${part}"`).join(" or ")}`);
  }
  return parts.length === 0
    ? storageLaws
    : storageLaws.filter((law) => parts.some((part) => law.id.includes(part)));
};

const whole = (name: string, text: string | undefined, least = Number.MIN_SAFE_INTEGER) => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < least) {
    const from = least === 1 ? " of at least 1" : "";
    throw new NoDriver(`--${name} must be a whole number${from}`);
  }
  return value;
};

const languageOf = (text: string): ReportLanguage => {
  if (text === "zh" || text === "en" || text === "both") return text;
  throw new NoDriver("--language must be zh, en or both");
};

// Better now than after a minute of questions.
const writable = (name: string): string => {
  const file = path.resolve(name);
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    closeSync(openSync(file, "a"));
    return file;
  } catch (error) {
    throw new NoDriver(`--report ${name} cannot be written: ${textOf(error)}`);
  }
};
