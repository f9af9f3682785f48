/** Linli storage on the SQLite built into Node 24. */
export {};
