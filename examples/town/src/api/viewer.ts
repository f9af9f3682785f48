/** Who asks: a demo session's person, whoever shows a receipt code, or nobody known. */
import type { Actor } from "@linli/core/issue";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import { HttpServerRequest } from "effect/http";
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api";
import * as Layer from "effect/Layer";
import * as Redacted from "effect/Redacted";
import type { Town } from "../server/town.ts";
import { orProblem, Unauthenticated, NotThere, Unavailable } from "./problems.ts";

/** The actor of the request. */
export class Viewer extends Context.Service<Viewer, Actor>()("town/Viewer") {}

/**
 * Reads `Authorization: Bearer` (a token of `POST /api/session`) or `Receipt-Code`.
 * Without either the request is an unknown person's: reporting anonymously is open to all.
 */
export class Identity extends HttpApiMiddleware.Service<Identity, { provides: Viewer }>()(
  "town/Identity",
  {
    security: { demoSession: HttpApiSecurity.bearer },
    error: [Unauthenticated, NotThere, Unavailable],
  },
) {}

/** The header that carries a receipt code. */
export const RECEIPT_HEADER = "receipt-code";

/** {@link Identity} by a town's sessions and receipts. */
export const identityLayer = (town: Town): Layer.Layer<Identity> =>
  Layer.succeed(Identity, {
    demoSession: (httpEffect, { credential }) =>
      Effect.gen(function* () {
        const { headers } = yield* HttpServerRequest.HttpServerRequest;
        const actor = yield* actorOf(town, {
          authorization: headers["authorization"],
          token: Redacted.value(credential),
          receipt: headers[RECEIPT_HEADER],
        });
        return yield* Effect.provideService(httpEffect, Viewer, actor);
      }),
  });

const actorOf = Effect.fnUntraced(function* (
  town: Town,
  shown: {
    readonly authorization: string | undefined;
    readonly token: string;
    readonly receipt: string | undefined;
  },
) {
  if (shown.authorization !== undefined) {
    const visitor = town.sessions.read(shown.token, town.now());
    if (visitor === null || visitor.person === null) {
      return yield* new Unauthenticated({
        code: "BadSession",
        detail: "this demo session is not valid; get one from POST /api/session",
      });
    }
    return { person: visitor.person } satisfies Actor;
  }
  if (shown.receipt === undefined) return { person: null } satisfies Actor;
  return yield* receiptActor(town, shown.receipt);
});

/** The actor a receipt code stands for. */
export const receiptActor = (town: Town, code: string) =>
  orProblem(town.linli.byReceipt(code)).pipe(
    Effect.map(({ actor }) => actor),
    Effect.catch((problem) =>
      Effect.fail(
        problem._tag === "NotThere" || problem._tag === "Unavailable"
          ? problem
          : new Unavailable({
              code: "Unavailable",
              detail: "the receipt code cannot be looked up",
            }),
      ),
    ),
  );
