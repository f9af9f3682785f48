/**
 * Connections on loan from a source. What one call gives back the next may take, as long
 * as it comes in the same turn of the event loop: who reads, decides and commits borrows
 * once. When the turn ends, everything goes back to the host's pool.
 */
import type { PgLease, PgSource } from "./Source.ts";

/** Borrowed connections. */
export interface Lending {
  /** One that was just given back, else a new one of the source. */
  readonly take: () => PgLease | Promise<PgLease>;
  /** With an error the connection is broken and goes back at once. */
  readonly give: (connection: PgLease, broken?: Error) => void;
  /** Gives everything back now. */
  readonly end: () => void;
}

/** Begins with nothing borrowed. */
export const makeLending = (source: PgSource): Lending => {
  let kept: Array<PgLease> = [];
  let waits = false;
  const end = () => {
    waits = false;
    const all = kept;
    kept = [];
    for (const connection of all) giveBack(connection);
  };
  return {
    take: () => kept.pop() ?? listening(source.connect()),
    give: (connection, broken) => {
      if (broken !== undefined) return giveBack(connection, broken);
      kept.push(connection);
      if (waits) return;
      waits = true;
      atEndOfTurn(end);
    },
    end,
  };
};

// Private

interface Events {
  readonly on?: (event: "error", listener: () => void) => unknown;
  readonly off?: (event: "error", listener: () => void) => unknown;
}

// A client that breaks while it is lent out tells so by an event that must be heard.
const listening = async (connecting: Promise<PgLease>): Promise<PgLease> => {
  const connection = await connecting;
  (connection as PgLease & Events).on?.("error", ignore);
  return connection;
};

// Whoever made the call has its answer, and others wait to be given back: a source that
// fails to take one back has nobody to tell it to.
const giveBack = (connection: PgLease, broken?: Error): void => {
  try {
    // It gives nothing, but an `async` one may be handed over all the same.
    const given: unknown = connection.release(broken);
    if (given instanceof Object) Promise.resolve(given).catch(ignore);
  } catch {
    return;
  }
  // A broken one may still have something to tell.
  if (broken === undefined) (connection as PgLease & Events).off?.("error", ignore);
};

const ignore = () => {};

/** After what was answered in this turn has been taken in; not every platform has `setImmediate`. */
const atEndOfTurn = (work: () => void): void => {
  const { setImmediate } = globalThis as { readonly setImmediate?: (work: () => void) => unknown };
  if (setImmediate === undefined) setTimeout(work, 0);
  else setImmediate(work);
};
