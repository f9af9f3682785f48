/**
 * Reading: every answer passes through sight, so a list holds only what its reader
 * may see, redacted for the purpose it was asked for.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { InputError, LocalText } from "../data/index.ts";
import { actions, contextOf, nextClock } from "../issue/index.ts";
import type { Action, Actor, IssueState } from "../issue/index.ts";
import { decodeEntry } from "../journal/index.ts";
import type { JournalEntry } from "../journal/index.ts";
import type { FeedPage, ScanPage, StorageError } from "../ports/index.ts";
import { decodeFacts, explain as explainFacts } from "../routing/index.ts";
import type { Explanation } from "../routing/index.ts";
import { standName, timeline as timelineOf, view as viewOf } from "../sight/index.ts";
import type { Content, IssueView, Purpose, TimelineLine } from "../sight/index.ts";
import { unitAt } from "../hierarchy/index.ts";
import type { Commands } from "./Commands.ts";
import { receiptHashOf } from "./receiptCodes.ts";
import { NotFound, Unreadable } from "./Errors.ts";
import type { NotPublished } from "./Errors.ts";
import { openContents } from "./Vault.ts";
import { feedPages, scanPages } from "./pages.ts";
import { INDEX, KIND, standKey, STATE_LETTER, under } from "./rows.ts";
import type { ListedState } from "./rows.ts";
import { makeLists } from "./lists.ts";
import type { CountOptions, PageOptions, ViewPage } from "./lists.ts";
import type { Reads } from "./Reads.ts";
import type { Settings } from "./Settings.ts";

type ReadError = NotFound | NotPublished | Unreadable | StorageError;

/** The questions of one namespace. */
export interface Queries {
  readonly view: (
    issue: string,
    looking: { readonly viewer: Actor; readonly purpose?: Purpose },
  ) => Effect.Effect<IssueView, ReadError>;
  /** The issue behind a receipt code, and the actor to follow it as. */
  readonly byReceipt: (
    code: string,
  ) => Effect.Effect<{ readonly issue: string; readonly actor: Actor }, NotFound | StorageError>;
  readonly actions: (
    issue: string,
    actor: Actor,
  ) => Effect.Effect<ReadonlyArray<Action>, ReadError>;
  readonly timeline: (
    issue: string,
    viewer: Actor,
  ) => Effect.Effect<ReadonlyArray<TimelineLine>, ReadError | InputError>;
  readonly explain: (
    issue: string,
    options: { readonly viewer: Actor; readonly reader: Explanation["reader"] },
  ) => Effect.Effect<Explanation, ReadError | InputError>;
  /** What a post at a unit has to do, soonest due first; `as: "sponsor"` is its follow-up list. */
  readonly worklist: (
    stand: { readonly post: string; readonly unit: string },
    options: PageOptions & { readonly viewer: Actor; readonly as?: "handler" | "sponsor" },
  ) => Effect.Effect<ViewPage, Exclude<ReadError, NotFound>>;
  /** Issues of a unit and everything below it. */
  readonly issuesOf: (
    unit: string,
    options: PageOptions & {
      readonly viewer: Actor;
      readonly state: ListedState;
      readonly purpose?: Purpose;
    },
  ) => Effect.Effect<ViewPage, Exclude<ReadError, NotFound>>;
  readonly reportedBy: (
    person: string,
    options: PageOptions & { readonly viewer: Actor },
  ) => Effect.Effect<ViewPage, Exclude<ReadError, NotFound>>;
  /**
   * How many issues of a unit and everything below it are in a state, counted up to
   * `max` (10,000): those `viewer` may know of, or all of them for the host, which is
   * who asks when no viewer is given.
   */
  readonly count: (
    unit: string,
    state: ListedState,
    options?: CountOptions,
  ) => Effect.Effect<number, Exclude<ReadError, NotFound>>;
  readonly history: (
    issue: string,
  ) => Effect.Effect<ReadonlyArray<JournalEntry>, InputError | StorageError>;
}

/** Builds the queries of one namespace. */
export const makeQueries = (settings: Settings, commands: Commands, reads: Reads): Queries => ({
  ...oneIssue(settings, commands, reads),
  ...lists(settings, commands),
  history: readHistory(settings),
});

type OneIssue = Pick<Queries, "view" | "byReceipt" | "actions" | "timeline" | "explain">;

const oneIssue = (settings: Settings, commands: Commands, reads: Reads): OneIssue => {
  const { storage, namespace } = settings;
  const history = readHistory(settings);

  // Whoever may not know of an issue gets the same answer as for one that does not exist.
  const look = Effect.fnUntraced(function* (issue: string, viewer: Actor, purpose: Purpose) {
    const loaded = issue.length > 0 && issue.length <= 80 ? yield* commands.load(issue) : null;
    if (loaded === null) return yield* new NotFound({ what: "issue", id: issue });
    const world = yield* commands.worldOf(loaded.state);
    const at = yield* settings.now;
    const record = { state: loaded.state, contents: yield* contentsOf(settings, issue) };
    const shown = viewOf(world, record, { viewer, purpose, at });
    if (shown === null) return yield* new NotFound({ what: "issue", id: issue });
    if ((shown.contents ?? []).some((one) => one.erased !== true)) {
      yield* reads.note({ viewer: viewer.person, issue, purpose, at });
    }
    return { state: loaded.state, world, at, shown };
  });

  return {
    view: Effect.fn("Linli.view")(function* (issue, looking) {
      return (yield* look(issue, looking.viewer, looking.purpose ?? "handle")).shown;
    }),
    byReceipt: Effect.fn("Linli.byReceipt")(function* (code: string) {
      const receipt = receiptHashOf(settings, code.slice(0, 40));
      const keys = [{ kind: KIND.receiptCode, id: receipt }];
      const [row] = yield* storage.read({ namespace, keys });
      return row == null
        ? yield* new NotFound({ what: "receipt code", id: "" })
        : { issue: row.value, actor: { person: null, receipt } };
    }),
    actions: Effect.fn("Linli.actions")(function* (issue: string, actor: Actor) {
      const { state, world, at } = yield* look(issue, actor, "handle");
      return actions(contextOf(world, at, actor), state);
    }),
    timeline: Effect.fn("Linli.timeline")(function* (issue: string, viewer: Actor) {
      const { world, shown } = yield* look(issue, viewer, "handle");
      return timelineOf(world, shown, yield* history(issue));
    }),
    explain: Effect.fn("Linli.explain")(function* (issue, options) {
      const { state } = yield* look(issue, options.viewer, "handle");
      return yield* explainIssue(commands, state, options.reader);
    }),
  };
};

type Lists = Pick<Queries, "worklist" | "issuesOf" | "reportedBy" | "count">;

const lists = (settings: Settings, commands: Commands): Lists => {
  const { counted, listed } = makeLists(settings, commands);
  return {
    worklist: Effect.fn("Linli.worklist")((stand, options) =>
      listed(options.as === "sponsor" ? INDEX.sponsor : INDEX.post, standKey(stand), {
        ...options,
        purpose: "handle",
      }),
    ),
    issuesOf: Effect.fn("Linli.issuesOf")((unit, options) =>
      listed(INDEX.under, `${unit}/${STATE_LETTER[options.state]}`, options),
    ),
    reportedBy: Effect.fn("Linli.reportedBy")((person, options) =>
      listed(INDEX.reporter, person, { ...options, purpose: "follow" }),
    ),
    count: Effect.fn("Linli.count")((unit: string, state: ListedState, options = {}) =>
      counted(INDEX.under, `${unit}/${STATE_LETTER[state]}`, options),
    ),
  };
};

const readHistory = (settings: Settings) =>
  Effect.fnUntraced(function* (issue: string) {
    const entries: Array<JournalEntry> = [];
    const use = Effect.fnUntraced(function* (page: FeedPage["entries"]) {
      for (const entry of page) entries.push(yield* Effect.fromResult(decodeEntry(entry.value)));
    });
    yield* feedPages(settings, { after: null, stream: issue }, use);
    return entries;
  });

/** The contents of an issue as they can be read now. */
export const contentsOf = Effect.fnUntraced(function* (settings: Settings, issue: string) {
  const contents: Array<Content> = [];
  const query = { kind: KIND.content, index: INDEX.issue, range: under(issue) };
  const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
    contents.push(...(yield* openContents(settings, rows)));
  });
  yield* scanPages(settings, query, use);
  return contents;
});

const explainIssue = Effect.fnUntraced(function* (
  commands: Commands,
  state: IssueState,
  reader: Explanation["reader"],
) {
  const world = yield* commands.worldOf(state);
  const facts = decodeFacts(world.charter, {
    ...state.facts,
    category: state.category,
    kind: state.kind,
  });
  if (Result.isFailure(facts)) {
    return yield* new Unreadable({ what: "facts", id: state.id, reason: facts.failure.reason });
  }
  const { handler, lastAt } = state;
  const name: LocalText = standName(world, handler, lastAt);
  const unit = unitAt(world.hierarchy, handler.unit, lastAt)?.name ?? {
    zh: handler.unit,
    en: handler.unit,
  };
  const level = world.charter.levels.get(handler.level)?.name ?? {
    zh: handler.level,
    en: handler.level,
  };
  const post = world.charter.posts.get(handler.post)?.name ?? name;
  const running = nextClock(state);
  return explainFacts(world.charter, facts.success, {
    reader,
    placed: { unitName: unit, postName: post, levelName: level },
    ...(running === undefined
      ? {}
      : {
          deadlines: [
            {
              clock: running.kind,
              dueAt: running.deadline.dueAt,
              provisional: running.deadline.provisional,
            },
          ],
        }),
  });
});
