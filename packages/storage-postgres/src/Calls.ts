/**
 * Calls to the database over connections that others own: slots, time limits, bounded
 * retries, and never a second use of a connection that has broken.
 *
 * Every call is one statement and so one transaction: a caller that goes away, a cut
 * line or a killed process leaves nothing open on the server.
 */
import { failureOf, storageError, storageErrorOf } from "./Errors.ts";
import { type Lending, makeLending } from "./Lending.ts";
import { type Limits, makeLimits } from "./Limits.ts";
import { quoted } from "./Migrations.ts";
import type { Settings } from "./Options.ts";
import type { PgConnection, PgLease, PgSource } from "./Source.ts";

/** A row as the client gives it. */
export type Found = Record<string, unknown>;

/** What a call asks for. */
export interface Call {
  readonly operation: string;
  /** A SELECT; of one that writes, without a WHERE: it gets one here. */
  readonly text: string;
  readonly values: ReadonlyArray<unknown>;
  /** Whether it may be sent again when nobody knows what became of it. */
  readonly repeatable: boolean;
  /** Whether it writes. */
  readonly writes: boolean;
  /** True for a function that itself refuses to write above READ COMMITTED. */
  readonly asksItself?: boolean;
}

/** Runs calls. */
export interface Calls {
  readonly run: (call: Call) => Promise<ReadonlyArray<Found>>;
  /** What the server waits for a lock, as it takes it; null when the host has decided. */
  readonly lockWait: string | null;
}

/** Calls on connections of a source. */
export interface PooledCalls extends Calls {
  /**
   * Several statements on one connection, each within the time of a call, or over `patient`
   * however long it takes; the connection is given up when one is lost.
   */
  readonly session: <A>(
    operation: string,
    work: (connection: PgConnection, patient: PgConnection) => Promise<A>,
  ) => Promise<A>;
  /** Waits for calls under way; later ones are refused. */
  readonly close: () => Promise<void>;
}

type Answer = ReturnType<PgConnection["query"]>;

/** Calls over a source. */
export const makeCalls = (source: PgSource, settings: Settings): PooledCalls => {
  const pool: Pool = {
    ...{ settings, waiting: [], inUse: 0, closed: false, ended: [] },
    lending: makeLending(source),
    limits: {
      call: makeLimits(settings.callTimeoutMillis),
      connect: makeLimits(settings.connectTimeoutMillis),
    },
  };
  const textOf = makeTexts(settings.schema);
  const inCallTime = (operation: string, answer: Answer): Answer =>
    within(answer, pool.limits.call, () =>
      storageError("Timeout", operation, "no answer in time; the connection was given up"),
    );
  // Plain functions down to the one that awaits: each layer of promises costs every call.
  const once = (call: Call): Answer =>
    withConnection(pool, call.operation, (connection) =>
      inCallTime(call.operation, connection.query(textOf(call), call.values)),
    );
  return {
    lockWait: `${settings.lockTimeoutMillis}ms`,
    run: async (call) => {
      let lost: unknown;
      for (let tried = 0; ; tried += 1) {
        try {
          return (await once(call)).rows;
        } catch (cause) {
          const failure = failureOf(cause);
          const again =
            failure === "clash"
              ? tried < settings.retries
              : failure === "lost" && call.repeatable && tried === 0 && !pool.closed;
          // That nothing came of a second attempt does not say that of the first.
          if (!again) throw failure === "hindered" || failure === "clash" ? (lost ?? cause) : cause;
          if (failure === "lost" && call.writes) lost = cause;
          await pause(2 ** tried * 5 * (0.5 + settings.jitter()));
        }
      }
    },
    session: (operation, work) =>
      withConnection(pool, operation, (patient) => {
        const query: PgConnection["query"] = (text, values) =>
          inCallTime(operation, patient.query(text, values));
        return work({ query }, patient);
      }),
    close: () => {
      pool.closed = true;
      pool.lending.end();
      return pool.inUse === 0
        ? Promise.resolve()
        : new Promise((resolve) => pool.ended.push(resolve));
    },
  };
};

/**
 * Calls inside a transaction that the host has open: one after another, whoever sends them
 * on that connection, and writing ones under a savepoint, so that a failure leaves the
 * host's transaction usable.
 */
export const makeJoinedCalls = (connection: PgConnection, schema: string): Calls => {
  const textOf = makeTexts(schema);
  const turns = turnsOf(connection);
  const { savepoint } = turns;
  const once = async (call: Call) => {
    const { operation, values, writes } = call;
    const text = textOf(call);
    try {
      if (!writes) return (await connection.query(text, values)).rows;
      await connection.query(`SAVEPOINT ${savepoint}`);
    } catch (cause) {
      throw storageErrorOf(operation, cause);
    }
    try {
      const { rows } = await connection.query(text, values);
      await connection.query(`RELEASE SAVEPOINT ${savepoint}`);
      return rows;
    } catch (cause) {
      // When the connection is gone this fails as well, and the first cause says why.
      await undo(connection, savepoint).catch(() => null);
      throw cause;
    }
  };
  return {
    lockWait: null,
    run: (call) => {
      const mine = turns.last.then(() => once(call));
      turns.last = mine.catch(() => null);
      return mine;
    },
  };
};

const undo = async (connection: PgConnection, savepoint: string): Promise<void> => {
  await connection.query(`ROLLBACK TO SAVEPOINT ${savepoint}`);
  await connection.query(`RELEASE SAVEPOINT ${savepoint}`);
};

/** Calls on one connection follow one another: a savepoint undoes all that came after it. */
interface Turns {
  last: Promise<unknown>;
  readonly savepoint: string;
}

const turnsKnown = new WeakMap<PgConnection, Turns>();
let savepoints = 0;

// Two objects that hide one connection from us do not take turns. With savepoints of
// different names a failure of one can end the transaction then, but never take away a
// part of it that the other was told is kept.
const turnsOf = (connection: PgConnection): Turns => {
  const found = turnsKnown.get(connection);
  if (found !== undefined) return found;
  savepoints = (savepoints + 1) % SAVEPOINTS;
  const turns = { last: Promise.resolve(), savepoint: `linli_call_${savepoints}` };
  turnsKnown.set(connection, turns);
  return turns;
};

/** Names are used again: a server that keeps statistics keeps them by the text. */
const SAVEPOINTS = 64;

/** What is sent: a call that writes does nothing above READ COMMITTED (migrations 7 and 10). */
const makeTexts = (schema: string) => {
  const condition = ` WHERE ${quoted(schema)}.at_read_committed()`;
  return ({ text, writes, asksItself }: Call): string =>
    writes && asksItself !== true ? text + condition : text;
};

interface Pool {
  readonly lending: Lending;
  readonly settings: Settings;
  readonly limits: { readonly call: Limits; readonly connect: Limits };
  waiting: Array<() => void>;
  inUse: number;
  closed: boolean;
  readonly ended: Array<() => void>;
}

const withConnection = async <A>(
  pool: Pool,
  operation: string,
  work: (connection: PgConnection) => Promise<A>,
): Promise<A> => {
  const slot = takeSlot(pool, operation);
  const limits = slot === null ? pool.limits.connect : await slot;
  try {
    const taken = pool.lending.take();
    // Whoever waited for a slot and needs no new connection has nothing more to wait for.
    if (slot !== null && !(taken instanceof Promise)) limits(ignore).lift();
    const connection =
      taken instanceof Promise ? await inTime(pool, operation, taken, limits) : taken;
    let broken: Error | undefined;
    try {
      return await work(connection);
    } catch (cause) {
      if (failureOf(cause) === "lost") broken = errorOf(cause);
      throw cause;
    } finally {
      pool.lending.give(connection, broken);
    }
  } finally {
    giveSlot(pool);
  }
};

const ignore = () => {};

/**
 * Null when one was free at once, else what is left of the time for a connection: whoever
 * waited for others has that much less for one of its own.
 */
const takeSlot = (pool: Pool, operation: string): Promise<Limits> | null => {
  const { maxConnections } = pool.settings;
  if (pool.closed) {
    return Promise.reject(
      storageError("Unavailable", operation, "the storage was closed; open it again"),
    );
  }
  if (pool.inUse < maxConnections) {
    pool.inUse += 1;
    return null;
  }
  return new Promise((resolve, reject) => {
    let late = () => {
      pool.waiting = pool.waiting.filter((one) => one !== wake);
      reject(noConnection(operation));
    };
    const limit = pool.limits.connect(() => late());
    const wake = () =>
      resolve((later) => {
        late = later;
        return limit;
      });
    pool.waiting.push(wake);
  });
};

const giveSlot = (pool: Pool) => {
  const next = pool.waiting.shift();
  if (next !== undefined) return next();
  pool.inUse -= 1;
  if (pool.inUse > 0 || !pool.closed) return;
  pool.lending.end();
  for (const end of pool.ended.splice(0)) end();
};

const inTime = (
  pool: Pool,
  operation: string,
  connecting: Promise<PgLease>,
  limits: Limits,
): Promise<PgLease> => {
  let late = false;
  // One that comes too late goes back at once.
  connecting.then((connection) => late && pool.lending.give(connection), ignore);
  return within(connecting, limits, () => {
    late = true;
    return noConnection(operation);
  });
};

const noConnection = (operation: string) =>
  storageError("Unavailable", operation, "no connection was free in time; nothing was sent");

const within = <A>(answer: Promise<A>, limits: Limits, late: () => Error): Promise<A> =>
  new Promise((resolve, reject) => {
    const limit = limits(() => reject(late()));
    answer.then(
      (value) => {
        limit.lift();
        resolve(value);
      },
      (cause: unknown) => {
        limit.lift();
        reject(cause instanceof Error ? cause : errorOf(cause));
      },
    );
  });

const errorOf = (cause: unknown): Error =>
  cause instanceof Error ? cause : new Error("the connection failed", { cause });

const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis));
