/**
 * The replay: each recorded moment as real commands through Linli's services.
 *
 * An opening is a `report` by the official source. A closing is `settle` by whoever
 * is accountable then, and `verify`, `answer` and `close` by the source, which is
 * all that the record knows. Time is the record's: before a closing that comes
 * after the deadline, and at the end of the period, due jobs are run as a host's
 * worker would, and so the rungs fire that would have fired.
 *
 * Many commands share one transaction, in the order of virtual time; each is still
 * a commit of its own inside it.
 */
import * as Effect from "effect/Effect";
import { bostonHolder } from "@linli/charters/boston";
import type { Acted, ActError, LinliService } from "@linli/core/services";
import type { Instant } from "@linli/core/time";
import type { SqliteStorage } from "@linli/storage-sqlite";
import type { CityRequest } from "./requests.ts";
import type { Moment } from "./timeline.ts";

/** The official system whose record is replayed. */
export const SOURCE = "boston311";

/** The virtual clock and the ids: both follow from the record, so two runs give one journal. */
export interface Stage {
  now: Instant;
  readonly nextId: () => string;
  /** The record whose ids are made next. */
  readonly turnTo: (id: string) => void;
}

/** A stage before the first moment. */
export const makeStage = (): Stage => {
  let record = "none";
  let given = 0;
  return {
    now: 0,
    turnTo: (id) => {
      record = id;
      given = 0;
    },
    nextId: () => {
      given += 1;
      return given === 1 ? record : `${record}.${given}`;
    },
  };
};

/** What became of one request. */
export interface Outcome {
  readonly request: CityRequest;
  /** Level that had it first; `triage` when its place was unknown. */
  readonly level: string;
  /** The resolve deadline the services gave it. */
  readonly dueAt: Instant | null;
  handler: Acted["handler"];
  closed: boolean;
}

/** What a replay did. */
export interface Replayed {
  readonly outcomes: ReadonlyArray<Outcome>;
  readonly commands: number;
  /** Commits of commands: a report is one, the steps of a closing are one. */
  readonly commits: number;
  readonly transactions: number;
  /** Rungs that `runDue` fired, and the jobs it gave up on. */
  readonly fired: number;
  readonly dead: number;
  /** Commands the services refused, by command and code; empty when record and charter agree. */
  readonly refused: ReadonlyMap<string, number>;
  /** Open requests at the end of the period, by unit, as the services count them. */
  readonly backlog: ReadonlyMap<string, number>;
}

/** How a replay is run. */
export interface ReplayOptions {
  readonly service: LinliService;
  readonly storage: SqliteStorage;
  readonly stage: Stage;
  readonly moments: ReadonlyArray<Moment>;
  /** End of the period: everything due is run and the backlog counted. */
  readonly until: Instant;
  /** Units whose backlog is counted. */
  readonly units: ReadonlyArray<string>;
  readonly progress: (done: number, of: number) => void;
}

/** Moments in one transaction. */
const TOGETHER = 1_000;
const DUE_AT_ONCE = 500;

/** Replays all moments. Only a failing storage ends it early. */
export const replay = Effect.fn("replay")(function* (options: ReplayOptions) {
  const { moments, storage, stage } = options;
  const run = new Run(options);
  const split = firstAfter(moments, options.until);
  const parts = [moments.slice(0, split), moments.slice(split)];
  const backlog = new Map<string, number>();
  let done = 0;
  for (const [index, part] of parts.entries()) {
    for (let from = 0; from < part.length; from += TOGETHER) {
      const batch = part.slice(from, from + TOGETHER);
      yield* storage.bulk(run.play(batch));
      run.transactions += 1;
      options.progress((done += batch.length), moments.length);
    }
    stage.now = Math.max(stage.now, index === 0 ? options.until : 0);
    yield* run.everythingDue();
    if (index > 0) continue;
    for (const unit of options.units) {
      backlog.set(unit, yield* options.service.count(unit, "open", moments.length));
    }
  }
  const { outcomes, commands, commits, transactions, fired, dead, refused } = run;
  return {
    outcomes: [...outcomes.values()],
    commands,
    commits,
    transactions,
    fired,
    dead,
    refused,
    backlog,
  } satisfies Replayed;
});

// Private

const firstAfter = (moments: ReadonlyArray<Moment>, until: Instant): number => {
  const index = moments.findIndex(({ at }) => at >= until);
  return index < 0 ? moments.length : index;
};

const OFFICIAL = { person: null, host: true, source: SOURCE } as const;
const CLOSING = [
  { type: "verify", passed: true },
  { type: "answer", words: "The city recorded this request as closed." },
  { type: "close" },
].map((command) => ({ command, actor: OFFICIAL }));

class Run {
  readonly outcomes = new Map<string, Outcome>();
  readonly refused = new Map<string, number>();
  commands = 0;
  commits = 0;
  transactions = 0;
  fired = 0;
  dead = 0;
  readonly #options: ReplayOptions;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  readonly play = Effect.fnUntraced({ self: this }, function* (batch: ReadonlyArray<Moment>) {
    const { stage } = this.#options;
    for (const { at, what, request } of batch) {
      stage.now = at;
      stage.turnTo(request.id);
      yield* what === "opened" ? this.#open(request) : this.#close(request);
    }
  });

  readonly everythingDue = Effect.fnUntraced({ self: this }, function* () {
    const { storage } = this.#options;
    for (let more = true; more;) {
      more = yield* storage.bulk(this.#due());
      this.transactions += 1;
    }
  });

  readonly #open = Effect.fnUntraced({ self: this }, function* (request: CityRequest) {
    const { service } = this.#options;
    const acted = yield* this.#command(1, "report", () =>
      service.begin(reportOf(request), { actor: OFFICIAL, commandId: `${request.id}.report` }),
    );
    if (acted === null) return;
    this.outcomes.set(request.id, {
      request,
      level: request.unit === null ? "triage" : acted.handler.level,
      dueAt: acted.dueAt,
      handler: acted.handler,
      closed: false,
    });
  });

  readonly #close = Effect.fnUntraced({ self: this }, function* (request: CityRequest) {
    const outcome = this.outcomes.get(request.id);
    if (outcome === undefined) return;
    const { service, stage } = this.#options;
    if (outcome.dueAt !== null && outcome.dueAt <= stage.now) {
      while (yield* this.#due());
      // It may have climbed: whoever has it now settles it.
      outcome.handler = (yield* service.view(request.id, { viewer: OFFICIAL })).handler;
    }
    const { post, unit } = outcome.handler;
    const steps = [
      { command: { type: "settle" }, actor: { person: bostonHolder(post, unit) } },
      ...CLOSING,
    ];
    const acted = yield* this.#command(steps.length, "closing", () =>
      service.actAll(request.id, steps, { commandId: `${request.id}.closing` }),
    );
    outcome.closed = acted !== null;
  });

  /** A refused command is counted and the rest of that request left as it is. */
  #command(steps: number, type: string, give: () => Effect.Effect<Acted, ActError>) {
    this.commands += steps;
    this.commits += 1;
    return Effect.suspend(give).pipe(
      Effect.catchTags({
        Refusal: ({ code }) => Effect.sync(() => this.#refuse(`${type}: ${code}`)),
        InputError: () => Effect.sync(() => this.#refuse(`${type}: InputError`)),
      }),
    );
  }

  #refuse(what: string): null {
    this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
    return null;
  }

  readonly #due = Effect.fnUntraced({ self: this }, function* () {
    const { rungs, dead, more } = yield* this.#options.service.runDue({ limit: DUE_AT_ONCE });
    this.fired += rungs;
    this.dead += dead;
    return more;
  });
}

const reportOf = (request: CityRequest) => ({
  type: "report",
  kind: request.kind,
  category: request.category,
  ...(request.unit === null ? {} : { place: { unit: request.unit } }),
  reporter: { kind: "official", source: SOURCE },
  externalRefs: [{ system: SOURCE, ref: request.id }],
});
