/**
 * The outermost layer: looks at every request before a route does, says every
 * failure in the reader's form - a problem for programs, a page for people - and
 * writes the one log line. Nothing gets past it without the security headers.
 */
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as ByteSize from "effect/ByteSize";
import {
  HttpIncomingMessage,
  HttpServerError,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse,
} from "effect/http";
import { MAX_BODY } from "../api/body.ts";
import { AddressTooLong, BadInput, Broken, NotThere, WrongMethod } from "../api/problems.ts";
import { causeOf, logRequest } from "./logs.ts";
import type { RouteTable } from "./routes.ts";
import { securityHeaders } from "./headers.ts";
import * as Option from "effect/Option";

type Response = HttpServerResponse.HttpServerResponse;

/** How failures are shown to people. */
export interface FailurePages {
  readonly failure: (
    request: HttpServerRequest.HttpServerRequest,
    status: number,
    incident: string | null,
  ) => Response;
}

/** The longest address the town reads. */
export const MAX_ADDRESS = 4096;
const MAX_QUERY_FIELDS = 20;

/** Puts the guard around an application. */
export const guarded = <R>(
  app: Effect.Effect<Response, unknown, R>,
  routes: RouteTable,
  pages: FailurePages,
) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest;
    const started = performance.now();
    const refused = faultOfAddress(request.url);
    const exit = yield* Effect.exit(
      refused === null
        ? Effect.provideService(
            app,
            HttpIncomingMessage.MaxBodySize,
            ByteSize.fromInputUnsafe(MAX_BODY),
          )
        : Effect.fail(refused),
    );
    if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) {
      return yield* Effect.failCause(exit.cause);
    }
    const response = Exit.isSuccess(exit)
      ? yield* said(request, exit.value, pages)
      : yield* saidFailure(request, exit.cause, routes, pages);
    yield* logRequest({
      method: request.method,
      route: routes.patternOf(request.method, request.url) ?? "none",
      status: response.status,
      millis: Math.round(performance.now() - started),
    });
    return securityHeaders(request.url, response);
  });

/** True for addresses that answer programs. */
export const isForPrograms = (url: string): boolean =>
  /^\/(api\/|openapi\.json)/.test(url) && !/^\/api\/?(\?|$)/.test(url);

// Router and parser failures have empty bodies or plain text; programs get a problem instead.
const said = (
  request: HttpServerRequest.HttpServerRequest,
  response: Response,
  pages: FailurePages,
): Effect.Effect<Response> => {
  if (response.status < 400) return Effect.succeed(response);
  const type = response.headers["content-type"] ?? "";
  if (type.startsWith("application/problem+json") || type.startsWith("text/html")) {
    return Effect.succeed(response);
  }
  return isForPrograms(request.url)
    ? HttpServerRespondable.toResponse(
        new BadInput({
          code: "InputError",
          detail: "the request cannot be read",
          path: "",
          advice: "see /openapi.json",
        }),
      )
    : Effect.succeed(pages.failure(request, response.status, null));
};

const saidFailure = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  cause: Cause.Cause<unknown>,
  routes: RouteTable,
  pages: FailurePages,
) {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause));
  const problem = isProblem(error)
    ? error
    : isNoRoute(error)
      ? noRoute(request, routes)
      : yield* broken(request, cause);
  if (!isForPrograms(request.url)) {
    return pages.failure(request, statusOf(problem), problem.code);
  }
  const response = yield* HttpServerRespondable.toResponse(problem);
  return problem._tag === "WrongMethod"
    ? HttpServerResponse.setHeader(response, "allow", problem.allowed.join(", "))
    : response;
});

type GuardProblem = AddressTooLong | BadInput | Broken | NotThere | WrongMethod;

const isProblem = (error: unknown): error is GuardProblem =>
  error instanceof AddressTooLong ||
  error instanceof BadInput ||
  error instanceof Broken ||
  error instanceof NotThere ||
  error instanceof WrongMethod;

const statusOf = (problem: GuardProblem): number => problem.status;

const isNoRoute = (error: unknown): boolean =>
  error instanceof HttpServerError.HttpServerError && error.reason._tag === "RouteNotFound";

const noRoute = (request: HttpServerRequest.HttpServerRequest, routes: RouteTable) => {
  const allowed = routes.methodsOf(request.url);
  return allowed.length === 0
    ? new NotThere({
        code: "NoSuchAddress",
        detail: "there is nothing at this address",
        what: "address",
      })
    : new WrongMethod({
        code: "WrongMethod",
        detail: "this address does not take this method",
        allowed,
      });
};

const broken = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  cause: Cause.Cause<unknown>,
) {
  yield* Effect.logError("a request failed", {
    method: request.method,
    failed: causeOf(cause),
  });
  return new Broken({ code: "Internal", detail: "something of ours failed; it has been logged" });
});

// Hostile addresses are refused before the router decodes them.
const faultOfAddress = (url: string): GuardProblem | null => {
  if (url.length > MAX_ADDRESS) {
    return new AddressTooLong({
      code: "AddressTooLong",
      detail: `the address is longer than ${MAX_ADDRESS} characters`,
      path: "/query",
    });
  }
  const at = url.indexOf("?");
  const [path, query] = at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
  if (!isDecodable(path)) return unsound("/params", "is not well-formed");
  const fields = query === "" ? [] : query.split("&");
  if (fields.length > MAX_QUERY_FIELDS) {
    return unsound("/query", `holds more than ${MAX_QUERY_FIELDS} fields`);
  }
  if (!fields.every((field) => isDecodable(field.replaceAll("+", " ")))) {
    return unsound("/query", "is not well-formed");
  }
  const names = fields.map((field) => decodeURIComponent(field.split("=")[0] ?? ""));
  return new Set(names).size === names.length ? null : unsound("/query", "names a field twice");
};

const unsound = (path: string, detail: string) =>
  new BadInput({ code: "InputError", detail, path, advice: "send percent-encoded UTF-8 text" });

// NUL and other control characters, and what is no UTF-8, never reach a route.
const isDecodable = (text: string): boolean => {
  try {
    // oxlint-disable-next-line no-control-regex -- refusing control characters needs naming them.
    return !/[\u0000-\u001f\u007f]/.test(decodeURIComponent(text));
  } catch {
    return false;
  }
};
