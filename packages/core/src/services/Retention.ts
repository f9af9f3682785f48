/**
 * Contents whose time is over: which they are, and forgetting them.
 *
 * How long something is kept is counted from the end of its issue; an open issue
 * keeps everything, and so does a hold. What is forgotten leaves a mark that it was
 * there; journal, seals and statistics stay as they are.
 */
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import { COMMAND_NAMES } from "../charter/index.ts";
import { CHARTER_LIMITS, decodeInput } from "../data/index.ts";
import type { InputError } from "../data/index.ts";
import { rootsOf } from "../hierarchy/index.ts";
import { isFinal } from "../issue/index.ts";
import type { Attachment } from "../issue/index.ts";
import { encodeEntry } from "../journal/index.ts";
import type { Conflict, RowWrite, ScanPage, StorageError } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import type { Documents } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { scanPages } from "./pages.ts";
import { contentKeys } from "./prepare.ts";
import {
  decodeIssue,
  encodeContent,
  INDEX,
  instantKey,
  KIND,
  STATE_LETTER,
  under,
} from "./rows.ts";
import type { Settings } from "./Settings.ts";
import { erasedContent, openContents } from "./Vault.ts";

/** How long contents are kept after the end of their issue. */
export interface RetentionPolicy {
  /** Milliseconds; null for ever. */
  readonly contents: number | null;
  /** Other times for contents of some commands: `{ comment: ... }`. */
  readonly byCommand?: Readonly<Record<string, number | null>>;
  /** Issues that keep everything: a complaint, a court case. */
  readonly hold?: ReadonlyArray<string>;
}

const Kept = Schema.NullOr(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)));

// What is forgotten does not come back, so a slip in a policy is refused before anything is.
const decodePolicy = decodeInput(
  Schema.Struct({
    contents: Kept,
    byCommand: Schema.optionalKey(
      Schema.Struct(
        Object.fromEntries(COMMAND_NAMES.map((name) => [name, Schema.optionalKey(Kept)])),
      ),
    ),
    hold: Schema.optionalKey(Schema.Array(Schema.String)),
  }),
  { door: "retention", limits: CHARTER_LIMITS },
);

/** What a plan needs to know of a record. */
export interface Retained {
  readonly id: string;
  readonly issue: string;
  readonly command: string;
  /** When the issue ended; null while it has not. */
  readonly endedAt: Instant | null;
}

/** What to forget now, and until when the rest is kept (null: nobody can say yet). */
export interface RetentionPlan {
  readonly forget: ReadonlyArray<string>;
  readonly keep: ReadonlyArray<{ readonly id: string; readonly until: Instant | null }>;
}

/** Decides for each record whether its time is over at `now`; total and pure. */
export const retentionPlan = (
  now: Instant,
  policy: RetentionPolicy,
  records: ReadonlyArray<Retained>,
): RetentionPlan => {
  const held = new Set(policy.hold);
  const forget: Array<string> = [];
  const keep: Array<{ id: string; until: Instant | null }> = [];
  for (const { id, issue, command, endedAt } of records) {
    const millis = keptFor(policy, command);
    const until = endedAt === null || millis === null || held.has(issue) ? null : endedAt + millis;
    if (until !== null && until <= now) forget.push(id);
    else keep.push({ id, until });
  }
  return { forget, keep };
};

const keptFor = (policy: RetentionPolicy, command: string): number | null => {
  const own = policy.byCommand ?? {};
  return Object.hasOwn(own, command) ? (own[command] ?? null) : policy.contents;
};

/** What one pass forgot. */
export interface Forgotten {
  readonly contents: number;
  /** Files the host keeps for these contents, for it to delete. */
  readonly attachments: ReadonlyArray<Attachment>;
  readonly issues: number;
}

/** Retention of one namespace. */
export interface Retention {
  /**
   * Forgets what a policy no longer keeps. Looks through ended issues, oldest first, in
   * commits of their own; doing it again finds nothing. An issue that is opened again
   * meanwhile keeps everything that was not forgotten before. A policy with a time that is no
   * whole number of milliseconds, or for a command that there is not, is refused.
   */
  readonly applyRetention: (
    policy: RetentionPolicy,
  ) => Effect.Effect<Forgotten, InputError | NotPublished | Unreadable | Conflict | StorageError>;
}

/** Builds the retention of one namespace. */
export const makeRetention = (settings: Settings, documents: Documents): Retention => ({
  applyRetention: Effect.fn("Linli.applyRetention")(function* (policy: RetentionPolicy) {
    yield* Effect.fromResult(decodePolicy(policy));
    const now = yield* settings.now;
    let contents = 0;
    let issues = 0;
    const attachments: Array<Attachment> = [];
    for (const issue of yield* endedIssues(settings, documents, policy, now)) {
      const gone = yield* forgetIn(settings, policy, issue, now);
      if (gone.length === 0) continue;
      contents += gone.length;
      issues += 1;
      attachments.push(...gone.flatMap((content) => content.attachments));
    }
    return { contents, attachments, issues } satisfies Forgotten;
  }),
});

// Private

interface Ended {
  readonly issue: string;
  readonly endedAt: Instant;
  /** Version of its row: while it holds, nobody has opened the issue again. */
  readonly row: number;
}

// Issues that ended before the shortest time of the policy, from the list of all under each root.
const endedIssues = Effect.fnUntraced(function* (
  settings: Settings,
  documents: Documents,
  policy: RetentionPolicy,
  now: Instant,
) {
  const times = [policy.contents, ...Object.values(policy.byCommand ?? {})].filter(
    (millis) => millis !== null,
  );
  const found = new Set<string>();
  if (times.length === 0) return found;
  const before = now - Math.min(...times);
  if (before < 0) return found;
  const world = yield* documents.published;
  // Roots of all dates: what ended while another root stood is still in that one's list.
  for (const { unit } of rootsOf(world.hierarchy)) {
    const list = `${unit}/${STATE_LETTER.final}`;
    const range = { from: `${list}/`, to: `${list}/${instantKey(before + 1)}` };
    const use = (rows: ScanPage["rows"]) =>
      Effect.sync(() => {
        for (const { id } of rows) found.add(id);
      });
    yield* scanPages(settings, { kind: KIND.issue, index: INDEX.under, range }, use);
  }
  return found;
});

const forgetIn = Effect.fnUntraced(function* (
  settings: Settings,
  policy: RetentionPolicy,
  issue: string,
  now: Instant,
) {
  const gone: Array<Content> = [];
  const once = Effect.gen(function* () {
    const ended = yield* endedNow(settings, issue);
    if (ended === null) return;
    const query = { kind: KIND.content, index: INDEX.issue, range: under(issue) };
    const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
      gone.push(...(yield* forgetRows(settings, policy, ended, { rows, now })));
    });
    yield* scanPages(settings, query, use);
  });
  // Somebody acted on the issue meanwhile, or sealed one of its contents: it may have been opened again.
  yield* Effect.retry(once, { times: 5, while: (error) => error._tag === "Conflict" });
  return gone;
});

const endedNow = Effect.fnUntraced(function* ({ storage, namespace }: Settings, issue: string) {
  const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.issue, id: issue }] });
  if (row == null) return null;
  const { state } = yield* Effect.fromResult(decodeIssue(row.id, row.value));
  if (!isFinal(state)) return null;
  return { issue, endedAt: state.closedAt ?? state.lastAt, row: row.version } satisfies Ended;
});

const forgetRows = Effect.fnUntraced(function* (
  settings: Settings,
  policy: RetentionPolicy,
  { issue, endedAt, row }: Ended,
  { rows, now }: { readonly rows: ScanPage["rows"]; readonly now: Instant },
) {
  const versions = new Map(rows.map(({ id, version }) => [id, version]));
  const there = (yield* openContents(settings, rows)).filter((one) => one.erased !== true);
  const plan = retentionPlan(
    now,
    policy,
    there.map(({ id, command }) => ({ id, issue, command, endedAt })),
  );
  const forget = new Set(plan.forget);
  const gone = there.filter((content) => forget.has(content.id));
  if (gone.length === 0) return gone;
  const entry = encodeEntry(
    settings.digest,
    {
      ...{ stream: `retention/${settings.newId()}`, version: 1, actor: { type: "host" } },
      ...{ charter: { id: "", version: "" }, cause: "retention", recordedAt: now },
    },
    {
      ...{ type: "RetentionApplied", at: now, kind: "content", issue },
      records: gone.map(({ id }) => id),
    },
    "",
  );
  yield* settings.storage.commit({
    ...{ namespace: settings.namespace, at: now, entries: [entry], schedule: [], cancel: [] },
    ...{ settle: [], receipt: null, guards: [{ kind: KIND.issue, id: issue, version: row }] },
    rows: gone.map((content) => markRow(content, versions.get(content.id) ?? 0)),
  });
  return gone;
});

const markRow = (content: Content, expected: number): RowWrite => ({
  kind: KIND.content,
  id: content.id,
  expected,
  value: encodeContent(erasedContent(content)),
  indexes: contentKeys(content, null),
});
