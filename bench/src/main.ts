/** Linli beside other rule engines and state machines, on the same cases. */
export {};
