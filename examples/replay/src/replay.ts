/**
 * The replay: each recorded moment as real commands through Linli's services.
 *
 * An opening is a `report` by the official source. A closing is `settle` by whoever
 * is accountable then, and `verify`, `answer` and `close` by the source, which is
 * all that the record knows. Time is the record's. Each command applies the rungs
 * that were due before it, each at its own instant; at the end of the period and of
 * the record due jobs are run as a host's worker would, and so every rung fires that
 * would have fired.
 *
 * Many commands share one transaction, in the order of virtual time; each is still
 * a commit of its own inside it.
 */
import * as Effect from "effect/Effect";
import { bostonHolder } from "@linli/charters/boston";
import { advance } from "@linli/core/climbing";
import { evolve } from "@linli/core/issue";
import type { IssueState } from "@linli/core/issue";
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
  readonly handler: Acted["handler"];
  closed: boolean;
}

/** What a replay did. */
export interface Replayed {
  readonly outcomes: ReadonlyArray<Outcome>;
  readonly commands: number;
  /** Commits of commands: a report is one, the steps of a closing are one. */
  readonly commits: number;
  readonly transactions: number;
  /** Due jobs that were given up on. */
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
const TOGETHER = 2_000;
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
      backlog.set(unit, yield* options.service.count(unit, "open", { max: moments.length }));
    }
  }
  const { outcomes, commands, commits, transactions, dead, refused } = run;
  return {
    outcomes: [...outcomes.values()],
    commands,
    commits,
    transactions,
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
    const late = outcome.dueAt !== null && outcome.dueAt <= stage.now;
    // It may have climbed: whoever is accountable now settles it.
    const handler = late ? yield* this.#handlerNow(request.id) : outcome.handler;
    const { post, unit } = handler;
    const steps = [
      { command: { type: "settle" }, actor: { person: bostonHolder(post, unit) } },
      ...CLOSING,
    ];
    const acted = yield* this.#command(steps.length, "closing", () =>
      service.actAll(request.id, steps, { commandId: `${request.id}.closing` }),
    );
    outcome.closed = acted !== null;
  });

  /**
   * Who is accountable once all rungs due by now are applied: a pure question, put to
   * the rooms with the issue's own history. The command that follows applies the rungs.
   */
  readonly #handlerNow = Effect.fnUntraced({ self: this }, function* (issue: string) {
    const { service, stage } = this.#options;
    const world = yield* service.published;
    let state: IssueState | null = null;
    for (const { event } of yield* service.history(issue)) state = evolve(state, event);
    if (state === null) return yield* Effect.die(new Error(`no history of ${issue}`));
    return advance(world, state, stage.now).state.handler;
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
    const { dead, more } = yield* this.#options.service.runDue({ limit: DUE_AT_ONCE });
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
