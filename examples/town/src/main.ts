/** A town's desk: the reference host. */
export {};
