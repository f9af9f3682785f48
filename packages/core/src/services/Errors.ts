/** Errors of the services beside refusals, bad input and storage failures. */
import * as Schema from "effect/Schema";

/** Something asked for is not there, or not for this reader to know of. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  what: Schema.Literals(["issue", "receipt code", "charter", "unit", "person's key"]),
  id: Schema.String,
}) {
  override get message(): string {
    if (this.what === "person's key")
      return "nothing of this person is sealed with the key store given, and they were never forgotten here: nothing was done. Check the id; words they wrote under a key store that is lost are not reached either";
    return `${this.what} \`${this.id}\` was not found, or is not yours to see`;
  }
}

/** Nothing has been published yet, or only a part of charter, hierarchy and directory. */
export class NotPublished extends Schema.TaggedError<NotPublished>()("NotPublished", {
  missing: Schema.Literals(["charter", "hierarchy", "directory"]),
}) {
  override get message(): string {
    return `no ${this.missing} is published in this namespace; publish charter, hierarchy and directory first`;
  }
}

/** Stored data this release cannot read; nothing was changed. */
export class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", {
  what: Schema.String,
  id: Schema.String,
  reason: Schema.String,
}) {
  override get message(): string {
    return `stored ${this.what} \`${this.id}\` cannot be read: ${this.reason}; restore it or use the release that wrote it`;
  }
}
