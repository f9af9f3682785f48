/** What the bench of a moving unit asks of a database, so that it can be the same on both. */
import type { IssueState } from "@linli/core/issue";
import type { Opened } from "../service.ts";
import type { Row } from "../tables.ts";
import type { IndexKey } from "../written.ts";

/** A database that holds the town; a copy of it is named by its path or address. */
export interface Place {
  /** As the rows of the report name it. */
  readonly database: string;
  /** The town itself. */
  readonly town: string;
  /** A fresh copy, with nothing of it left to be written out. */
  readonly copy: (name: string) => Promise<string>;
  /** The driver on it, with its own settings, or in haste, without waiting for the disk. */
  readonly open: (at: string, haste?: boolean) => Promise<Opened>;
  readonly openHand: (at: string) => Promise<Hand>;
  /** Rows of a query; tables go by their own names. */
  readonly select: (at: string, sql: string) => Promise<ReadonlyArray<Row>>;
  /** Index keys of a row as it stores them, and as a parameter of a statement. */
  readonly keysFrom: (stored: unknown) => ReadonlyArray<IndexKey>;
  readonly keysTo: (flat: ReadonlyArray<string>) => string;
}

/** An open copy with prepared statements. */
export interface Hand {
  /** Rewrites all of a plan, so many issues in a commit; how many commits it took. */
  readonly rewrite: (plan: ReadonlyArray<Rewrite>, together: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** What becomes of the index rows of one issue. */
export interface Rewrite {
  readonly id: string;
  readonly version: number;
  /** All its keys, as its row lists them. */
  readonly keys: string;
  readonly gone: ReadonlyArray<IndexKey>;
  readonly come: ReadonlyArray<IndexKey>;
}

/** The stored state of each issue. */
export const statesOf = async (
  { select }: Place,
  at: string,
): Promise<ReadonlyMap<string, IssueState>> =>
  new Map(
    (await select(at, "SELECT id, value FROM rows WHERE kind = 'issue'")).map((row) => {
      const stored = JSON.parse(String(row["value"])) as { readonly state: IssueState };
      return [String(row["id"]), stored.state];
    }),
  );
