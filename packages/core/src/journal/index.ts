/** The journal: entry format v1, its hashes, and reading a history back. */
export * from "./Entry.ts";
