/** The command line: arguments in, sentences or JSON out, an exit code back. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { decodeKept } from "@linli/core/journal";
import type { Kept } from "@linli/core/journal";
import { ed25519Key, ed25519Signer } from "@linli/core/ports";
import type { SignatureKey, Signer } from "@linli/core/ports";
import { makeCalendar } from "@linli/core/time";
import type { CalendarData } from "@linli/core/time";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { checkpointsOf } from "./checkpoint.ts";
import { linesOf } from "./report.ts";
import type { Language } from "./report.ts";
import { Unusable } from "./Source.ts";
import type { SourceDriver } from "./Source.ts";
import { postgresDriver } from "./sources/postgres.ts";
import { sqliteDriver } from "./sources/sqlite.ts";
import { verifySource } from "./verify.ts";

/** Where the command prints. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What the exit codes mean. */
export const EXIT = { sound: 0, broken: 1, unusable: 2 } as const;

/** Runs `linli`; resolves to its exit code and never rejects for what it was given. */
export const linli = async (
  args: ReadonlyArray<string>,
  terminal: Terminal,
  drivers: ReadonlyArray<SourceDriver> = [sqliteDriver, postgresDriver()],
): Promise<number> => {
  try {
    const [command, ...rest] = args;
    const asksForHelp = args.some((one) => one === "--help" || one === "-h");
    if (command === undefined || command === "help" || asksForHelp) {
      terminal.out(HELP);
      return command === undefined ? EXIT.unusable : EXIT.sound;
    }
    if (command !== "verify" && command !== "checkpoint")
      throw new Unusable(`there is no command ${command}; see linli --help`);
    return await examine(command, optionsOf(rest), terminal, drivers);
  } catch (cause) {
    if (!(cause instanceof Unusable)) throw cause;
    terminal.err(`linli: ${cause.message}\n`);
    if (asksForJson(args)) terminal.out(`${JSON.stringify({ unusable: cause.message })}\n`);
    return EXIT.unusable;
  }
};

// Also for arguments that cannot be parsed as a whole.
const asksForJson = (args: ReadonlyArray<string>): boolean => args.includes("--json");

const HELP = `linli verify --data FILE|URL [--seals FILE] [--key [ID=]FILE]... [--namespace NAME]
             [--calendar FILE]... [--lang en|zh] [--json]
linli checkpoint (the same options) [--sign [ID=]FILE]

verify: every journal in a data file or database: each entry, each stream, the seals, and the
issues' stored states, which must be what folding their entries gives; names the first position
that is wrong. When all that is sound, also what is made from it: the lists issues stand in, the
jobs of their clocks, boards, what scores are computed from, references and receipt codes; names
each row that is wrong, the field, and what to do.
checkpoint: verifies, and when all is sound writes what the journals hold now, one line each, to
keep elsewhere. Given to a later verify with --seals, it shows a change of what no seal covers.

  --data       the data file, or postgres://...; programs may have it open
  --seals      seals and checkpoints kept elsewhere, one a line
  --checkpoint checkpoints kept elsewhere, in a file of their own
  --key        public key (PEM) that seals and checkpoints are signed with; ID defaults to the
               file's name. With one, the last seal and every checkpoint must be signed, and a
               journal with entries and neither is broken
  --sign       private key (PEM) to sign the checkpoints taken with
  --namespace  only this one
  --calendar   a calendar (JSON) that a charter names and does not carry, to tell days of boards
  --lang       language of the sentences: en, or zh for Chinese
  --json       one line of JSON instead of sentences

Exit code: 0 sound, 1 broken, 2 something given cannot be used (with --json also {"unusable": why}).
`;

type Options = ReturnType<typeof optionsOf>;

const optionsOf = (args: ReadonlyArray<string>) => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: "string" },
        seals: { type: "string" },
        checkpoint: { type: "string", multiple: true },
        key: { type: "string", multiple: true },
        sign: { type: "string" },
        namespace: { type: "string" },
        calendar: { type: "string", multiple: true },
        lang: { type: "string", default: "en" },
        json: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (cause) {
    throw new Unusable(`${cause instanceof Error ? cause.message : "wrong arguments"}`);
  }
};

const examine = async (
  command: "verify" | "checkpoint",
  options: Options,
  terminal: Terminal,
  drivers: ReadonlyArray<SourceDriver>,
): Promise<number> => {
  const { data, namespace } = options;
  if (data === undefined) throw new Unusable("say what to verify: --data FILE or URL");
  const driver = drivers.find((one) => one.accepts(data));
  if (driver === undefined) {
    const known = drivers.map((one) => one.name).join(", ");
    throw new Unusable(`no driver here reads this kind of --data; there are: ${known}`);
  }
  const language = languageOf(options.lang);
  const calendars = (options.calendar ?? []).map(calendarIn);
  const files = [
    ...(options.checkpoint ?? []),
    ...(options.seals === undefined ? [] : [options.seals]),
  ];
  const kept = keptIn(files, namespace);
  const signer = options.sign === undefined ? null : signerIn(options.sign);
  if (signer !== null && command !== "checkpoint")
    throw new Unusable("--sign is for linli checkpoint; to check signatures give --key");
  const keys = options.key === undefined ? undefined : await keysIn(options.key);
  const source = await driver.open(data);
  try {
    const report = await verifySource(source, {
      ...kept,
      calendars,
      ...(keys === undefined ? {} : { keys }),
      ...(namespace === undefined ? {} : { namespace }),
    }).catch((cause: unknown) => {
      throw new Unusable(`the ${driver.name} data cannot be read to its end: ${messageOf(cause)}`);
    });
    if (report.namespaces.length === 0 && report.fault === null) {
      const others = namespace === undefined ? [] : await source.namespaces();
      throw new Unusable(
        others.length === 0
          ? "the data holds no journal to verify"
          : `the data holds no namespace ${namespace}; there are: ${others.join(", ")}`,
      );
    }
    const isWhole =
      report.fault === null && report.namespaces.every(({ verdict }) => verdict._tag === "Sound");
    if (command === "checkpoint" && isWhole) {
      // What is made from the journal does not bear on it; but it is not kept quiet about.
      if (!report.sound) terminal.err(linesOf(report, language));
      const names = report.namespaces.map((one) => one.namespace);
      terminal.out(await checkpointsOf(source, names, Date.now(), signer));
      return EXIT.sound;
    }
    terminal.out(options.json ? `${JSON.stringify(report)}\n` : linesOf(report, language));
    return report.sound ? EXIT.sound : EXIT.broken;
  } finally {
    await source.close();
  }
};

const languageOf = (given: string): Language => {
  if (given === "en" || given === "zh") return given;
  throw new Unusable(`there is no language ${given}; there are en and zh`);
};

const calendarIn = (file: string): CalendarData => {
  let data: CalendarData;
  try {
    data = JSON.parse(readText(file));
  } catch (cause) {
    throw cause instanceof Unusable ? cause : new Unusable(`${file}: is not JSON`);
  }
  const made = makeCalendar(data);
  if (Result.isSuccess(made)) return data;
  throw new Unusable(`${file}: ${made.failure.message}`);
};

// A file that holds nothing to verify against would pass for one that was verified against.
const keptIn = (files: ReadonlyArray<string>, namespace: string | undefined): Kept => {
  const all = files.map((file) => {
    const decoded = decodeKept(readText(file));
    if (Result.isFailure(decoded)) throw new Unusable(`${file}: ${decoded.failure.message}`);
    const { seals, checkpoints } = decoded.success;
    const found = [...seals, ...checkpoints];
    if (found.length === 0) throw new Unusable(`${file} holds no seal and no checkpoint`);
    if (namespace !== undefined && found.every((one) => one.namespace !== namespace))
      throw new Unusable(`${file} holds nothing of the namespace ${namespace}`);
    return decoded.success;
  });
  return {
    seals: all.flatMap(({ seals }) => seals),
    checkpoints: all.flatMap(({ checkpoints }) => checkpoints),
  };
};

// `[ID=]FILE`; the id is the file's name where none is given.
const keyFileIn = (given: string): { readonly keyId: string; readonly file: string } => {
  const at = given.indexOf("=");
  const file = given.slice(at + 1);
  return { keyId: at > 0 ? given.slice(0, at) : basename(file).replace(/\.[^.]*$/, ""), file };
};

const signerIn = (given: string): Signer => {
  const { keyId, file } = keyFileIn(given);
  return ed25519Signer({ keyId, privateKey: readText(file) });
};

const keysIn = (given: ReadonlyArray<string>): Promise<ReadonlyArray<SignatureKey>> =>
  Promise.all(
    given.map(async (one) => {
      const { keyId, file } = keyFileIn(one);
      const key = ed25519Key({ keyId, publicKey: readText(file) });
      const result = await Effect.runPromise(Effect.result(key));
      if (Result.isSuccess(result)) return result.success;
      throw new Unusable(`${file}: ${result.failure.detail}`);
    }),
  );

const readText = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new Unusable(`${file} cannot be read`);
  }
};

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : "unknown");
