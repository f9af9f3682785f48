/** Linli notifications as HTTP webhooks, signed as Standard Webhooks asks. */
export { makeWebhookNotifier } from "./WebhookNotifier.ts";
export type { WebhookNotifierOptions, WebhookPayload } from "./WebhookNotifier.ts";
export type { WebhookSecret, WebhookSecrets } from "./Signing.ts";
export type { LookupFunction } from "node:net";
