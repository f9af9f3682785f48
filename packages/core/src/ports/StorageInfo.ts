/** What a driver says of itself and of the database behind it. */

/** What a driver can do, as data: printed in reports, never a switch for a core law. */
export interface StorageCapabilities {
  readonly name: string;
  /** An acknowledged commit survives a crash of the process. */
  readonly durable: boolean;
  /** Several processes may use the same data at once. */
  readonly shared: boolean;
}

/** Upper bounds every driver keeps; beyond them a call fails with reason `TooLarge`. */
export const STORAGE_LIMITS = {
  /** Rows, entries, jobs, guards and keys together in one batch. */
  batchItems: 10_000,
  /** UTF-8 bytes of one value. */
  valueBytes: 1024 * 1024,
  /** UTF-8 bytes of one index key, id or stream name. */
  keyBytes: 512,
  /** Rows or entries of one page. */
  pageRows: 1000,
} as const;

/** One step of a database's schema. */
export interface MigrationStep {
  /** 1 for the first; a step is never changed once released. */
  readonly step: number;
  /** What it makes, in a word. */
  readonly name: string;
}

/** How far the schema of a database has come. */
export interface SchemaState {
  /** The last step that was run; 0 where nothing is yet. */
  readonly reached: number;
  /** The last step this release knows; less than `reached` for a database of a newer release. */
  readonly newest: number;
  /** Steps still to be run, in order. */
  readonly pending: ReadonlyArray<MigrationStep>;
}

/** What a DBA or a health page asks of a database; holds no stored value. */
export interface StorageInfo extends StorageCapabilities {
  /** Product and version behind the driver, in its own words. */
  readonly version: string;
  readonly schema: SchemaState;
  /** Bounds of one call: {@link STORAGE_LIMITS}, or wider ones. */
  readonly limits: { readonly [Limit in keyof typeof STORAGE_LIMITS]: number };
  /** Bytes the data takes on disk, indexes included; null where nobody knows. */
  readonly bytes: number | null;
}

/** The state of a schema of known steps of which some were run. */
export const schemaState = (steps: ReadonlyArray<MigrationStep>, reached: number): SchemaState => ({
  reached,
  newest: steps.at(-1)?.step ?? 0,
  pending: steps.filter(({ step }) => step > reached).map(({ step, name }) => ({ step, name })),
});
