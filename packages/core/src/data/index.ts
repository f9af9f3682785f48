/** Text, identifiers, the guard at every door, and the canonical encoding. */
export * from "./Canonical.ts";
export * from "./Input.ts";
export * from "./Text.ts";
