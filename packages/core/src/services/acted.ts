/** What a command did, and trying it again: shared by single commands and several steps. */
import * as Effect from "effect/Effect";
import type { InputError } from "../data/index.ts";
import type { IssueEvent, IssueState, Refusal, Status } from "../issue/index.ts";
import { StorageError } from "../ports/index.ts";
import type { CommitBatch, Conflict } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import type { Documents } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { withoutPeople } from "./Keyring.ts";
import { receiptCodeFor } from "./receiptCodes.ts";
import { KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** What a command did. */
export interface Acted {
  readonly issue: string;
  readonly status: Status;
  /** Version of the issue's stream afterwards. */
  readonly version: number;
  /** Types of the events this command caused, in order. */
  readonly events: ReadonlyArray<string>;
  readonly handler: { readonly post: string; readonly unit: string; readonly level: string };
  /** The next due instant; null when the issue is final. */
  readonly dueAt: Instant | null;
  /** Given once, to whoever reported: the code to follow the issue by. */
  readonly receiptCode: string | null;
  /** True when a report named an external reference that is known already: nothing was written. */
  readonly known: boolean;
}

/** Everything that can stand in the way of a command. */
export type ActError = InputError | Refusal | NotPublished | Unreadable | StorageError;

/** What every request has, whatever it asks for. */
interface Repeatable {
  readonly commandId: string;
  readonly contentHash: string;
}

/** Nothing happened: what a report of something known has done. */
export const NOTHING_DONE: ReadonlyArray<IssueEvent> = [];

/** The answer to a command that left an issue in this state. */
export const actedOf = (
  state: IssueState,
  events: ReadonlyArray<IssueEvent>,
  receiptCode: string | null,
): Acted => {
  const { post, unit, level } = state.handler;
  const running = state.clocks.filter((clock) => clock.paused === null);
  return {
    issue: state.id,
    status: state.status,
    version: state.version,
    events: events.map((event) => event.type),
    handler: { post, unit, level },
    dueAt: running.length === 0 ? null : Math.min(...running.map((clock) => clock.deadline.dueAt)),
    receiptCode,
    known: false,
  };
};

/** The answer to a command as it is kept; where persons have keys, without its code. */
export const encodeActed = ({ people }: Settings, acted: Acted): string =>
  JSON.stringify(
    people === null || acted.receiptCode === null ? acted : { ...acted, receiptCode: AGAIN },
  );

/** A decision ready to be kept: the answer to the command, and everything it writes. */
export interface Decision {
  readonly acted: Acted;
  readonly batch: CommitBatch;
}

/** Keeps a decision; a command that was kept before is answered as it was then. */
export const commitDecided = (settings: Settings, { acted, batch }: Decision) =>
  Effect.flatMap(settings.storage.commit(batch), (result) =>
    result._tag === "Committed"
      ? Effect.succeed(acted)
      : decodeActed(settings, result.receipt.value),
  );

// Of clients racing for one issue one wins each time, so that sixty-four at once all come through.
const ATTEMPTS = 64;

/** Tries until nobody else was faster, a few times. */
export const attempt = <R extends Repeatable>(
  settings: Settings,
  documents: Documents,
  request: R,
  once: (request: R) => Effect.Effect<Acted, ActError | Conflict>,
  left = ATTEMPTS,
): Effect.Effect<Acted, ActError> =>
  // A refusal or conflict may only mean that this very command was committed and the answer lost.
  once(request).pipe(
    Effect.catch((error): Effect.Effect<Acted, ActError> => {
      if (error._tag === "Refusal") return replayOr(settings, request, Effect.fail(error));
      if (error._tag !== "Conflict") return Effect.fail(error);
      if (left <= 1) return Effect.fail(contention(error));
      const stale = error.conflicts.some((conflict) => conflict.kind === KIND.current);
      return (stale ? documents.forget : Effect.void).pipe(
        Effect.andThen(attempt(settings, documents, request, once, left - 1)),
      );
    }),
  );

// An answer that was kept, with its code.
const decodeActed = (
  settings: Settings,
  value: string,
): Effect.Effect<Acted, Unreadable | StorageError> =>
  Effect.suspend((): Effect.Effect<Acted, Unreadable | StorageError> => {
    const acted = JSON.parse(value) as Acted;
    if (acted.receiptCode !== AGAIN) return Effect.succeed(acted);
    return settings.people === null
      ? Effect.fail(withoutPeople(settings, "command"))
      : Effect.map(receiptCodeFor(settings, acted.issue), (receiptCode) => ({
          ...acted,
          receiptCode,
        }));
  });

/** Stands for a receipt code that is made again; no code is empty. */
const AGAIN = "";

const contention = (error: Conflict) =>
  new StorageError({ reason: "Contention", operation: "commit", detail: error.message });

const replayOr = (
  settings: Settings,
  request: Repeatable,
  otherwise: Effect.Effect<Acted, ActError>,
): Effect.Effect<Acted, ActError> =>
  settings.storage
    .receipt({ namespace: settings.namespace, id: request.commandId })
    .pipe(
      Effect.flatMap((receipt) =>
        receipt !== null && receipt.contentHash === request.contentHash
          ? decodeActed(settings, receipt.value)
          : otherwise,
      ),
    );
