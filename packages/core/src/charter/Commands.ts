/**
 * The commands an issue understands, by name.
 *
 * They are listed here, left of the issue room, because a charter may override
 * who may give each of them and a name nobody knows must be refused.
 */

/** Names a charter's `permissions` may use. */
export const COMMAND_NAMES = [
  "report",
  "accept",
  "contact",
  "settle",
  "resolve",
  "verify",
  "answer",
  "handUp",
  "sendBack",
  "refer",
  "ask",
  "respond",
  "summon",
  "checkIn",
  "addHelper",
  "comment",
  "requestExtension",
  "grantExtension",
  "suspend",
  "resume",
  "supervise",
  "urge",
  "support",
  "reclassify",
  "relocate",
  "merge",
  "link",
  "followUp",
  "reopen",
  "withdraw",
  "decline",
  "signpost",
  "close",
  "recordSettled",
  "assign",
  "unseal",
] as const;

/** The name of a command. */
export type CommandName = (typeof COMMAND_NAMES)[number];
