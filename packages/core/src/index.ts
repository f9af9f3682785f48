/** Grassroots governance by building chiefs: charters, routing, deadlines, escalation, scores - as data and pure functions. */
export {};
