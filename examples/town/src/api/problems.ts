/**
 * Errors as they leave: RFC 9457 problems with a type of ours, a code to switch on,
 * the place in the request, and for a refusal what is allowed instead. No stack, no
 * secret and no refused value is in them.
 */
import { LocalText } from "@linli/core/data";
import type { InputError } from "@linli/core/data";
import { REFUSAL_TEXTS } from "@linli/core/issue";
import type { Refusal } from "@linli/core/issue";
import type { Conflict, StorageError } from "@linli/core/ports";
import type { NotFound, NotPublished, Unreadable } from "@linli/core/services";
import * as Effect from "effect/Effect";
import { HttpApiError } from "effect/http-api";
import * as Schema from "effect/Schema";

/** Numbers to call first; on every answer to a report of danger, failed ones included. */
export const Emergency = Schema.Struct({
  numbers: Schema.Array(Schema.String),
  text: LocalText,
});
export type Emergency = typeof Emergency.Type;

const coded = { code: Schema.String, emergency: Schema.optionalKey(Emergency) };

/** The request cannot be read; `path` is a JSON Pointer that begins with body, query or params. */
export class BadInput extends HttpApiError.Problem<BadInput>()(
  "BadInput",
  { type: "urn:linli:error:InputError", status: 400, title: "输入有误 / The input cannot be read" },
  {
    ...coded,
    path: Schema.String,
    advice: Schema.String,
    /** All that is wrong, where whatever refused it has looked on after the first fault. */
    faults: Schema.optionalKey(
      Schema.Array(
        Schema.Struct({ path: Schema.String, detail: Schema.String, advice: Schema.String }),
      ),
    ),
  },
) {}

/** A demo session is needed, or the one shown is not valid. */
export class Unauthenticated extends HttpApiError.Problem<Unauthenticated>()(
  "Unauthenticated",
  {
    type: "urn:linli:error:Unauthenticated",
    status: 401,
    title: "身份不明 / Who you are is not known",
  },
  coded,
) {}

const refusal = {
  ...coded,
  command: Schema.String,
  issue: Schema.NullOr(Schema.String),
  because: LocalText,
  allowed: Schema.Array(Schema.String),
};

/** The library refused the step because of who asks for it. */
export class NotYours extends HttpApiError.Problem<NotYours>()(
  "NotYours",
  { type: "urn:linli:error:Refusal", status: 403, title: "无权进行此操作 / Not yours to do" },
  refusal,
) {}

/** The library refused the step as things stand; `allowed` says what is open now. */
export class Refused extends HttpApiError.Problem<Refused>()(
  "Refused",
  { type: "urn:linli:error:Refusal", status: 409, title: "现在不能进行此操作 / Not possible now" },
  refusal,
) {}

/** There is no such thing, or it is not this reader's to see; the two look alike. */
export class NotThere extends HttpApiError.Problem<NotThere>()(
  "NotThere",
  { type: "urn:linli:error:NotFound", status: 404, title: "没有找到 / Not found" },
  { ...coded, what: Schema.String },
) {}

/** The method is not for this address; see the header `allow`. */
export class WrongMethod extends HttpApiError.Problem<WrongMethod>()(
  "WrongMethod",
  { type: "urn:linli:error:WrongMethod", status: 405, title: "方法不对 / Wrong method" },
  { ...coded, allowed: Schema.Array(Schema.String) },
) {}

/** The body, or the address, is larger than the town reads. */
export class TooLarge extends HttpApiError.Problem<TooLarge>()(
  "TooLarge",
  { type: "urn:linli:error:TooLarge", status: 413, title: "内容过大 / Too large" },
  { ...coded, path: Schema.String },
) {}

/** The address is longer than the town reads. */
export class AddressTooLong extends HttpApiError.Problem<AddressTooLong>()(
  "AddressTooLong",
  { type: "urn:linli:error:TooLarge", status: 414, title: "地址过长 / The address is too long" },
  { ...coded, path: Schema.String },
) {}

/** Bodies are JSON. */
export class WrongMediaType extends HttpApiError.Problem<WrongMediaType>()(
  "WrongMediaType",
  {
    type: "urn:linli:error:WrongMediaType",
    status: 415,
    title: "内容类型不对 / Wrong content type",
  },
  coded,
) {}

/** The same idempotency key came with other content. */
export class KeyReused extends HttpApiError.Problem<KeyReused>()(
  "KeyReused",
  {
    type: "urn:linli:error:ReceiptMismatch",
    status: 422,
    title: "命令编号已用于其他内容 / The key was used for other content",
  },
  coded,
) {}

/** Something of ours failed; nothing was changed unless `code` says otherwise. */
export class Broken extends HttpApiError.Problem<Broken>()(
  "Broken",
  { type: "urn:linli:error:Internal", status: 500, title: "系统错误 / Something of ours failed" },
  coded,
) {}

/** The storage cannot be used now; the same command may be sent again. */
export class Unavailable extends HttpApiError.Problem<Unavailable>()(
  "Unavailable",
  {
    type: "urn:linli:error:StorageError",
    status: 503,
    title: "暂时无法保存 / Cannot be saved now",
  },
  coded,
) {}

/** Every problem an endpoint may answer with. */
export const PROBLEMS = [
  BadInput,
  Unauthenticated,
  NotYours,
  Refused,
  NotThere,
  TooLarge,
  AddressTooLong,
  WrongMediaType,
  KeyReused,
  Broken,
  Unavailable,
] as const;

export type Problem =
  | BadInput
  | Unauthenticated
  | NotYours
  | Refused
  | NotThere
  | TooLarge
  | AddressTooLong
  | WrongMediaType
  | KeyReused
  | Broken
  | Unavailable;

/** Everything the services fail with. */
export type ServiceError =
  | InputError
  | Refusal
  | NotFound
  | NotPublished
  | Unreadable
  | Conflict
  | StorageError;

/** The problem that says a service's error to a client. */
export const problemOf = (error: ServiceError, emergency?: Emergency): Problem => {
  const more = emergency === undefined ? {} : { emergency };
  switch (error._tag) {
    case "InputError":
      return new BadInput({
        code: "InputError",
        detail: error.reason,
        path: pathOf(error),
        advice: error.advice,
        ...(error.faults === undefined
          ? {}
          : {
              faults: error.faults.map(({ path, reason, advice }) => ({
                ...{ path: pathOf({ door: error.door, path }), detail: reason, advice },
              })),
            }),
        ...more,
      });
    case "Refusal":
      return refusalOf(error, more);
    case "NotFound":
      return new NotThere({
        code: "NotFound",
        detail: `this ${error.what} does not exist, or is not yours to see`,
        what: error.what,
        ...more,
      });
    case "StorageError":
      return storageProblem(error, more);
    case "Conflict":
      return new Unavailable({
        code: "Conflict",
        detail: "somebody else was faster; try again",
        ...more,
      });
    case "NotPublished":
    case "Unreadable":
      return new Broken({ code: error._tag, detail: "the town's data cannot be read", ...more });
  }
};

/** Turns a service's failures into problems. */
export const orProblem = <A, R>(
  effect: Effect.Effect<A, ServiceError, R>,
  emergency?: Emergency,
): Effect.Effect<A, Problem, R> => Effect.mapError(effect, (error) => problemOf(error, emergency));

const ABOUT_THE_ACTOR: ReadonlySet<string> = new Set(["NotYours", "ConcernsYou", "OwnWork"]);

const refusalOf = (error: Refusal, more: { readonly emergency?: Emergency }): Problem => {
  if (error.code === "NoSuchIssue") {
    return new NotThere({ code: error.code, detail: error.detail, what: "issue", ...more });
  }
  const told = {
    code: error.code,
    detail: error.detail,
    command: error.command,
    issue: error.issue,
    because: REFUSAL_TEXTS[error.code],
    allowed: error.allowed,
    ...more,
  };
  return ABOUT_THE_ACTOR.has(error.code) ? new NotYours(told) : new Refused(told);
};

const storageProblem = (error: StorageError, more: { readonly emergency?: Emergency }): Problem => {
  if (error.reason === "ReceiptMismatch") {
    return new KeyReused({
      code: error.reason,
      detail: "this idempotency key came before with other content; give each command its own",
      ...more,
    });
  }
  // Lists are the only place where a client's own text reaches the storage unread.
  if (error.operation === "scan" && error.reason === "Invalid") {
    return new BadInput({
      code: "BadCursor",
      detail: "is not a cursor of this list",
      path: "/query/cursor",
      advice: "hand back `next` of the page before, unchanged",
      ...more,
    });
  }
  return new Unavailable({
    code: error.reason,
    detail: "the storage cannot be used now; nothing was changed",
    ...more,
  });
};

const pathOf = (error: Pick<InputError, "door" | "path">): string =>
  error.door === "command"
    ? error.path === "/commandId"
      ? "/headers/idempotency-key"
      : `/body${error.path}`
    : error.door === "score"
      ? `/params${error.path}`
      : error.path;
