/** Replays real case files through a charter. */
export {};
