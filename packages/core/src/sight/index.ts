/** Sight: views, timelines and notices, redacted by construction. */
export * from "./notices.ts";
export * from "./timeline.ts";
export * from "./view.ts";
