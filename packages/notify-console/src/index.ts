/** Linli notifications printed to the console. */
export {};
