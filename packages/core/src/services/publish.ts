/**
 * Publishing: new versions are checked together with what stays, and become current in
 * one commit, which also plans the work that follows from them.
 */
import * as Effect from "effect/Effect";
import { decodeCharter, encodeCharter } from "../charter/index.ts";
import type { CharterDocument } from "../charter/index.ts";
import { encodeCanonical, InputError } from "../data/index.ts";
import { decodeDirectory } from "../directory/index.ts";
import { decodeHierarchy, nextChange } from "../hierarchy/index.ts";
import type { Actor, World } from "../issue/index.ts";
import { isConflict } from "../ports/index.ts";
import type { RowWrite } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { NotPublished } from "./Errors.ts";
import { REKEY_ID, rekeyJob, rekeyNothing, rekeyTowards, rekeyWrite } from "./rekeyRow.ts";
import type { RekeyRow } from "./rekeyRow.ts";
import { rerouteJob, rerouteTowards, rerouteWrite } from "./rerouteRow.ts";
import type { RerouteRow, RerouteSelection } from "./rerouteRow.ts";
import { charterRef, decodeVersioned, KIND } from "./rows.ts";
import { checkSelection, versionsBefore } from "./selection.ts";
import type { Settings } from "./Settings.ts";
import {
  categoriesOf,
  currentRow,
  DOCUMENT_NAMES,
  frameOf,
  PART_CHARS,
  partKey,
  readCurrents,
  readDocument,
} from "./storedDocuments.ts";
import type { Currents, DocumentName } from "./storedDocuments.ts";

/** What to publish; what is left out stays as it is. */
export interface Publication {
  /** A document, JSON text or untrusted value. */
  readonly charter?: unknown;
  readonly hierarchy?: unknown;
  readonly directory?: unknown;
  /**
   * Which open issues are routed anew under the charter version that is current then;
   * default: none, each keeps the version it was routed under.
   */
  readonly reroute?: RerouteSelection;
  /** Who has decided to reroute, for the journal; default: the host. */
  readonly by?: Actor;
  /** Charters that the published one may extend. */
  readonly bases?: ReadonlyArray<CharterDocument>;
}

/** A publication that fits, with the texts to store. */
export interface Prepared extends World {
  readonly texts: Readonly<Record<DocumentName, string>>;
}

// Everything is decoded together with what stays, so that a new charter never stands over a hierarchy it does not fit.
export const preparePublication = Effect.fnUntraced(function* (
  settings: Settings,
  publication: Publication,
) {
  const currents = yield* readCurrents(settings);
  const textOf = Effect.fnUntraced(function* (name: DocumentName) {
    const current = currents[name];
    return current === null
      ? yield* new NotPublished({ missing: name })
      : yield* readDocument(settings, name, current.current.version, current.current.parts);
  });
  const charter = yield* Effect.fromResult(
    decodeCharter(publication.charter ?? (yield* textOf("charter")), {
      calendars: settings.calendars,
      bases: publication.bases ?? [],
      hash: settings.digest.hash,
    }),
  );
  const frame = frameOf(charter);
  const hierarchyInput = publication.hierarchy ?? JSON.parse(yield* textOf("hierarchy"));
  const hierarchy = yield* Effect.fromResult(decodeHierarchy(hierarchyInput, frame));
  const directoryInput = publication.directory ?? JSON.parse(yield* textOf("directory"));
  const directory = yield* Effect.fromResult(
    decodeDirectory(directoryInput, {
      posts: charter.document.posts,
      hierarchy,
      categories: categoriesOf(charter),
    }),
  );
  const texts = {
    charter: encodeCharter(charter),
    hierarchy: encodeCanonical(hierarchyInput),
    directory: encodeCanonical(directoryInput),
  };
  const world = { charter, hierarchy, directory };
  if (publication.reroute !== undefined) {
    yield* checkSelection(settings, publication.reroute, { world, currents });
  }
  return { ...world, texts } satisfies Prepared;
});

/** Makes a prepared publication current; what is current already is left as it is. */
export const writePublication = (
  settings: Settings,
  publication: Publication,
  prepared: Prepared,
) =>
  writeOnce(settings, publication, prepared).pipe(
    Effect.retry({
      times: PUBLISH_RETRIES,
      while: (error) =>
        isOvertakenByJob(error)
          ? Effect.succeed(true)
          : isCurrent(settings, publication, prepared).pipe(Effect.orElseSucceed(() => false)),
    }),
  );

// Private

// The job may write its position at any time: then only its row is read anew.
const PUBLISH_RETRIES = 8;
const isOvertakenByJob = (error: { readonly _tag: string }): boolean =>
  isConflict(error) &&
  error.conflicts.every(({ kind }) => kind === KIND.rekey || kind === KIND.reroute);

// Several processes that start at once publish the same: one does, and for the others it is done.
const isCurrent = Effect.fnUntraced(function* (
  settings: Settings,
  publication: Publication,
  prepared: Prepared,
) {
  const currents = yield* readCurrents(settings);
  const versions = versionsOf(prepared);
  return DOCUMENT_NAMES.every((name) => {
    const current = currents[name]?.current;
    return (
      publication[name] === undefined ||
      (current?.version === versions[name] &&
        current.hash === settings.digest.hash(prepared.texts[name]))
    );
  });
});

const versionsOf = ({ charter, hierarchy, texts }: Prepared): Record<DocumentName, string> => ({
  charter: `${charter.id}@${charter.version}`,
  hierarchy: hierarchy.version,
  directory: (JSON.parse(texts.directory) as { readonly version: string }).version,
});

const writeOnce = Effect.fnUntraced(function* (
  settings: Settings,
  publication: Publication,
  prepared: Prepared,
) {
  const currents = yield* readCurrents(settings);
  const versions = versionsOf(prepared);
  const rows: Array<RowWrite> = [];
  for (const name of DOCUMENT_NAMES) {
    if (publication[name] === undefined) continue;
    const hash = settings.digest.hash(prepared.texts[name]);
    const current = currents[name];
    const same = current !== null && current.current.version === versions[name];
    if (same && current.current.hash === hash) continue;
    if (same) return yield* versionReused(name, versions[name]);
    rows.push(...(yield* documentRows(settings, name, versions[name], prepared.texts[name])));
    const parts = Math.max(1, Math.ceil(prepared.texts[name].length / PART_CHARS));
    const earlier =
      current === null ? [] : [...(current.current.earlier ?? []), current.current.version];
    rows.push(
      currentRow(name, {
        row: current?.row ?? 0,
        current: { v: 1, version: versions[name], parts, hash, earlier },
      }),
    );
  }
  const now = yield* settings.now;
  const reroute = yield* rerouteAfter(settings, publication, { prepared, currents, now });
  if (rows.length === 0 && reroute.rows.length === 0) return;
  const rekey = rows.every(({ id }) => id !== "charter" && id !== "hierarchy")
    ? { rows: [], schedule: [] }
    : yield* rekeyAfter(settings, prepared, currents.hierarchy !== null, now);
  yield* settings.storage.commit({
    namespace: settings.namespace,
    at: now,
    rows: [...rows, ...rekey.rows, ...reroute.rows],
    guards: [],
    entries: [],
    schedule: [...rekey.schedule, ...reroute.schedule],
    cancel: [],
    settle: [],
    receipt: null,
  });
});

// Who published before left issues in lists of before: the job is planned in the very commit that changes the shape.
const rekeyAfter = Effect.fnUntraced(function* (
  settings: Settings,
  { charter, hierarchy }: Prepared,
  isLater: boolean,
  now: Instant,
) {
  const keys = [{ kind: KIND.rekey, id: REKEY_ID }];
  const [found] = yield* settings.storage.read({ namespace: settings.namespace, keys });
  const before =
    found == null
      ? null
      : yield* Effect.fromResult(decodeVersioned<RekeyRow>("rekey", REKEY_ID, found.value));
  const shape = {
    charter: { id: charter.id, version: charter.version },
    hierarchy: hierarchy.version,
  };
  const row = isLater ? rekeyTowards(before, shape, now) : rekeyNothing(shape, now);
  const due = isLater ? now : nextChange(hierarchy, now);
  return {
    rows: [rekeyWrite(row, found?.version ?? 0)],
    schedule: due === undefined ? [] : [rekeyJob(due)],
  };
});

const rerouteAfter = Effect.fnUntraced(function* (
  settings: Settings,
  { reroute: select, by }: Publication,
  at: { readonly prepared: Prepared; readonly currents: Currents; readonly now: Instant },
) {
  const { prepared, currents, now } = at;
  const { charter } = prepared;
  if (select === undefined) return { rows: [], schedule: [] };
  const keys = [{ kind: KIND.reroute, id: charterRef(charter) }];
  const [found] = yield* settings.storage.read({ namespace: settings.namespace, keys });
  const before =
    found == null
      ? null
      : yield* Effect.fromResult(decodeVersioned<RerouteRow>("reroute", "", found.value));
  const plan = {
    charter: { id: charter.id, version: charter.version },
    earlier: versionsBefore(currents, charter),
    select,
    actor: by ?? { person: null, host: true },
  };
  const row = rerouteTowards(before, plan, now);
  return { rows: [rerouteWrite(row, found?.version ?? 0)], schedule: [rerouteJob(row, now)] };
});

const versionReused = (name: DocumentName, version: string) =>
  Effect.fail(
    new InputError({
      door: name,
      path: "/version",
      reason: `version \`${version}\` is published already with other content`,
      advice: "give the changed document a new version",
    }),
  );

const documentRows = Effect.fnUntraced(function* (
  settings: Settings,
  name: DocumentName,
  version: string,
  text: string,
) {
  const parts = Math.max(1, Math.ceil(text.length / PART_CHARS));
  const keys = Array.from({ length: parts }, (_, part) => partKey(name, version, part));
  const stored = yield* settings.storage.read({ namespace: settings.namespace, keys });
  if (stored.some((row) => row !== null)) return yield* versionReused(name, version);
  return keys.map((key, part) => ({
    ...key,
    expected: 0,
    value: text.slice(part * PART_CHARS, (part + 1) * PART_CHARS),
    indexes: [],
  }));
});
