/** The command line: arguments in, exit code out. */
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { InputError } from "@linli/core/data";
import { StorageError } from "@linli/core/ports";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { textOf } from "./print.ts";
import type { Machine } from "./print.ts";
import { BOSTON_2011, runSession } from "./session.ts";
import type { Session } from "./session.ts";

/** Where the command writes; a test gives its own. */
export interface Outside {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `err` is a terminal: only then is progress shown. */
  readonly terminal: boolean;
  readonly signal?: AbortSignal;
}

const USAGE = `Replays recorded city requests through Linli.

  npm run replay -- [--input FILE.csv[.gz]] [--limit N] [--json] [--data FILE.sqlite]

  --input   the requests; default: Boston, second half of 2011
  --limit   read only the first N rows
  --json    print the figures as JSON and nothing else
  --data    keep the data in this new file; default: a temporary one, deleted at the end
`;

/** Exit codes: done, the journal or a service was at fault, the input or arguments were. */
const DONE = 0;
const FAULT = 1;
const REFUSED = 2;
const INTERRUPTED = 130;

/** Runs the command. */
export const main = async (args: ReadonlyArray<string>, outside: Outside): Promise<number> => {
  const asked = argumentsOf(args);
  if (typeof asked === "string") {
    outside.err(`${asked}\n\n${USAGE}`);
    return REFUSED;
  }
  if (asked.help) {
    outside.out(USAGE);
    return DONE;
  }
  const exit = await Effect.runPromiseExit(
    runSession({ ...asked.session, progress: progressTo(outside) }),
    outside.signal === undefined ? {} : { signal: outside.signal },
  );
  if (outside.terminal) outside.err("\r\u001b[K");
  if (Exit.isFailure(exit)) return complain(exit.cause, outside);
  const machine = machineOf(exit.value);
  const { figures } = exit.value;
  outside.out(
    asked.json ? `${JSON.stringify({ ...figures, machine }, null, 2)}\n` : textOf(figures, machine),
  );
  return figures.journal.chained && figures.journal.verified.sound ? DONE : FAULT;
};

// Private

const argumentsOf = (args: ReadonlyArray<string>) => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        input: { type: "string" },
        limit: { type: "string" },
        data: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.limit !== undefined && !/^[1-9]\d{0,8}$/.test(values.limit)) {
      return "--limit needs a whole number from 1 on.";
    }
    return {
      json: values.json,
      help: values.help,
      session: {
        input: values.input === undefined ? BOSTON_2011 : resolve(values.input),
        ...(values.limit === undefined ? {} : { limit: Number(values.limit) }),
        ...(values.data === undefined ? {} : { data: resolve(values.data) }),
      },
    };
  } catch {
    return "An argument is not known, or its value is missing.";
  }
};

const WIDTH = 40;

const progressTo = (outside: Outside) => {
  let shown = -1;
  return (done: number, of: number): void => {
    const filled = Math.floor((WIDTH * done) / Math.max(1, of));
    const percent = Math.floor((100 * done) / Math.max(1, of));
    if (!outside.terminal || percent === shown) return;
    shown = percent;
    outside.err(`\r[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}] ${percent} %`);
  };
};

const complain = (cause: Cause.Cause<unknown>, outside: Outside): number => {
  if (Cause.hasInterruptsOnly(cause)) {
    outside.err("Interrupted.\n");
    return INTERRUPTED;
  }
  const error = Cause.squash(cause);
  if (error instanceof InputError) {
    outside.err(`${error.message}\n`);
    return REFUSED;
  }
  if (error instanceof StorageError) {
    outside.err(`${error.message}\n`);
    return error.reason === "Locked" || error.reason === "Misconfigured" ? REFUSED : FAULT;
  }
  outside.err(`${Cause.pretty(cause)}\n`);
  return FAULT;
};

const machineOf = ({ figures, seconds, cpuSeconds }: Session): Machine => {
  const { commands, commits, transactions } = figures.services;
  const perSecond = (count: number) => count / Math.max(seconds, 0.001);
  return {
    seconds: Math.round(seconds * 10) / 10,
    cpuSeconds: Math.round(cpuSeconds * 10) / 10,
    commandsPerSecond: Math.round(perSecond(commands)),
    commitsPerSecond: Math.round(perSecond(commits)),
    transactionsPerSecond: Math.round(perSecond(transactions) * 10) / 10,
    peakMemoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
};
