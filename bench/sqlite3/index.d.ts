/** The types that emmett-sqlite mentions. */
interface RunResult {
  readonly changes: number;
  readonly lastID: number;
}

declare const sqlite3: {
  readonly OPEN_READWRITE: number;
  readonly OPEN_CREATE: number;
  readonly OPEN_URI: number;
};
declare namespace sqlite3 {
  export type { RunResult };
}
export default sqlite3;
