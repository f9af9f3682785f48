/** Linli notifications as HTTP webhooks. */
export {};
