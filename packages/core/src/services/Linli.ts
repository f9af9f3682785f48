/**
 * Linli as one Effect service: publish, report, act, ask.
 *
 * Every method opens a span and logs with ids only. Plain async code uses the same
 * methods through `@linli/core/promise`.
 */
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { checkedStorage } from "../ports/index.ts";
import type { Conflict, StorageError } from "../ports/index.ts";
import type { InputError } from "../data/index.ts";
import { makeBoards } from "./Boards.ts";
import type { Boards } from "./Boards.ts";
import { makeCommands } from "./Commands.ts";
import type { ActError, Acted } from "./acted.ts";
import type { ActOptions } from "./prepare.ts";
import { makeDeadJobs } from "./DeadJobs.ts";
import type { DeadJobs } from "./DeadJobs.ts";
import { makeDocuments } from "./Documents.ts";
import type { Published } from "./Documents.ts";
import type { Publication } from "./publish.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { makeJobs } from "./Jobs.ts";
import type { JobsRun, RunDueOptions } from "./Jobs.ts";
import { makeCustody } from "./Custody.ts";
import type { Custody } from "./Custody.ts";
import { makeExport } from "./exportPerson.ts";
import type { PersonExport } from "./exportPerson.ts";
import { makeLookups } from "./Lookups.ts";
import type { Lookups } from "./Lookups.ts";
import { makeRetention } from "./Retention.ts";
import type { Retention } from "./Retention.ts";
import { makePeople } from "./People.ts";
import type { People } from "./People.ts";
import { makeRekey } from "./Rekey.ts";
import type { Rekeys } from "./Rekey.ts";
import { makeReroute } from "./Reroute.ts";
import type { Reroutes } from "./Reroute.ts";
import { makeReads } from "./Reads.ts";
import type { Reads } from "./Reads.ts";
import { makeContentSealing } from "./SealContents.ts";
import type { ContentSealing } from "./SealContents.ts";
import { makeSeals } from "./Seals.ts";
import type { Seals } from "./Seals.ts";
import { makeQueries } from "./Queries.ts";
import type { Queries } from "./Queries.ts";
import { completeSettings, LinliConfig } from "./Settings.ts";
import { makeUpkeep } from "./Upkeep.ts";
import type { Upkeep } from "./Upkeep.ts";
import type { LinliSettings, Settings } from "./Settings.ts";
import type { ActAll } from "./steps.ts";

/** All methods of one namespace. */
export interface LinliService
  extends
    Queries,
    Boards,
    Upkeep,
    Seals,
    People,
    PersonExport,
    Custody,
    Lookups,
    Retention,
    ContentSealing,
    DeadJobs,
    Rekeys,
    Reroutes {
  /**
   * Writes down who read sealed contents since it was last written; `runDue` does it too. A
   * program without a layer calls it before it closes the storage.
   */
  readonly flushReads: Reads["flushReads"];
  /** Publishes new versions of charter, hierarchy or directory, checked together, all or nothing. */
  readonly publish: (
    publication: Publication,
  ) => Effect.Effect<Published, InputError | NotPublished | Unreadable | Conflict | StorageError>;
  /** What is published now: for pure questions of the host's own. */
  readonly published: Effect.Effect<Published, NotPublished | Unreadable | StorageError>;
  /** Begins an issue with `report` or `recordSettled`. The input is untrusted. */
  readonly begin: (input: unknown, options: ActOptions) => Effect.Effect<Acted, ActError>;
  /** Any other command on an issue. The input is untrusted. */
  readonly act: (
    issue: string,
    input: unknown,
    options: ActOptions,
  ) => Effect.Effect<Acted, ActError>;
  /**
   * Several steps on one issue, each by its own actor, in one commit: all of them or
   * none. The journal says the same as if they had come one after the other.
   */
  readonly actAll: ActAll;
  /** Fires due clocks and sends waiting messages; safe from several processes. */
  readonly runDue: (
    options?: RunDueOptions,
  ) => Effect.Effect<JobsRun, NotPublished | Unreadable | InputError | Conflict | StorageError>;
}

/** Builds the service from settings. */
export const makeLinli = (given: LinliSettings): LinliService => {
  const complete = completeSettings(given);
  const storage = complete.recent.watch(checkedStorage(complete.storage));
  const settings = { ...complete, storage };
  const documents = makeDocuments(settings);
  const commands = makeCommands(settings, documents);
  const seals = makeSeals(settings);
  const reads = makeReads(settings);
  const queries = makeQueries(settings, commands, reads);
  const rekey = makeRekey(settings, documents, commands);
  const reroute = makeReroute(settings, documents, commands);
  const jobs = makeJobs(settings, documents, commands, { rekey, reroute });
  const keepHouse = housekeeping(settings, seals, reads);
  return {
    ...queries,
    ...makePeople(settings),
    ...makeCustody(settings),
    ...makeLookups(settings, reads),
    ...makeRetention(settings, documents),
    ...makeContentSealing(settings),
    ...makeDeadJobs(settings),
    ...makeExport(settings, documents, reads, (own) => makeQueries(settings, commands, own)),
    flushReads: reads.flushReads,
    ...makeBoards(settings, documents),
    ...seals,
    runDue: (options) => Effect.tap(jobs.runDue(options), () => keepHouse(options?.owner)),
    rekeying: rekey.rekeying,
    previewPublish: reroute.previewPublish,
    rerouting: reroute.rerouting,
    ...makeUpkeep(settings, documents, commands),
    publish: documents.publish,
    published: documents.published,
    begin: commands.begin,
    act: commands.act,
    actAll: commands.actAll,
  };
};

/** The service for Effect programs. */
export class Linli extends Context.Service<Linli, LinliService>()("@linli/core/services/Linli") {
  /** From {@link LinliConfig}. When it is closed, who read sealed contents is written down. */
  static readonly layer: Layer.Layer<Linli, never, LinliConfig> = Layer.effect(
    Linli,
    Effect.flatMap(LinliConfig, (settings) => opened(settings)),
  );

  /** From settings given in place; closed as above. */
  static readonly layerFrom = (settings: LinliSettings): Layer.Layer<Linli> =>
    Layer.effect(
      Linli,
      Effect.suspend(() => opened(settings)),
    );
}

// Private

// The storage is still open when this ends: it was there before, so it is closed after.
const opened = (settings: LinliSettings) =>
  Effect.acquireRelease(
    Effect.sync(() => makeLinli(settings)),
    (linli) => orLater("writing down readings", linli.flushReads),
  );

// What cannot be sealed or written down now is so later; clocks and messages do not wait for it.
const orLater = <A, E extends { readonly _tag: string }>(
  what: string,
  work: Effect.Effect<A, E>,
): Effect.Effect<void> =>
  work.pipe(
    Effect.asVoid,
    Effect.catch((error) =>
      Effect.logWarning(`${what} could not be done`).pipe(
        Effect.annotateLogs({ error: error._tag }),
      ),
    ),
  );

const housekeeping =
  (settings: Settings, seals: Seals, reads: Reads) => (owner: string | undefined) =>
    Effect.andThen(
      settings.people === null ? Effect.void : orLater("writing down readings", reads.flushReads),
      settings.sealEveryMillis === 0
        ? Effect.void
        : orLater("sealing", seals.seal(owner === undefined ? {} : { owner })),
    );
