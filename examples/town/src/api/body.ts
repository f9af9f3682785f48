/** Reading a JSON body: type, size and depth are checked before anything is decoded. */
import { COMMAND_LIMITS, decodeInput, parseJson } from "@linli/core/data";
import type { InputError } from "@linli/core/data";
import * as Effect from "effect/Effect";
import type { HttpServerRequest } from "effect/http";
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import { BadInput, TooLarge, WrongMediaType } from "./problems.ts";

/** The largest body the town reads, in bytes. */
export const MAX_BODY = COMMAND_LIMITS.bytes;

/**
 * The body as plain, sound JSON data; with a schema also decoded, unknown fields
 * refused. A command is left to the library, whose door names the place itself.
 */
export const bodyOf: {
  (request: HttpServerRequest.HttpServerRequest): Effect.Effect<unknown, BodyProblem>;
  <A>(
    request: HttpServerRequest.HttpServerRequest,
    schema: Schema.Codec<A>,
  ): Effect.Effect<A, BodyProblem>;
} = (
  request: HttpServerRequest.HttpServerRequest,
  schema: Schema.Codec<unknown> = Schema.Unknown,
) =>
  Effect.gen(function* () {
    if (!isJson(request.headers["content-type"])) {
      return yield* new WrongMediaType({
        code: "WrongMediaType",
        detail: "send application/json",
      });
    }
    if (Number(request.headers["content-length"] ?? 0) > MAX_BODY) return yield* tooLarge();
    const text = yield* Effect.mapError(request.text, (error) =>
      error.reason._tag === "RequestParseError" && error.reason.reason === "BodyTooLarge"
        ? tooLarge()
        : unreadable("", "cannot be read", "send the whole body"),
    );
    const read = Result.flatMap(parseJson(text, HTTP), decodeInput(schema, HTTP));
    return Result.isSuccess(read) ? read.success : yield* told(read.failure);
  });

export type BodyProblem = BadInput | TooLarge | WrongMediaType;

const HTTP = { door: "http", limits: COMMAND_LIMITS } as const;

const isJson = (type: string | undefined): boolean =>
  type !== undefined && /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type);

const tooLarge = () =>
  new TooLarge({
    code: "TooLarge",
    detail: `the body is larger than ${MAX_BODY} bytes`,
    path: "/body",
  });

const told = ({ path, reason, advice }: InputError): BadInput => unreadable(path, reason, advice);

const unreadable = (path: string, detail: string, advice: string) =>
  new BadInput({ code: "InputError", detail, path: `/body${path}`, advice });
