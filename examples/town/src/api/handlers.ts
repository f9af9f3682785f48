/** The API's handlers: each asks the services one thing and says their errors as problems. */
import { postsOf } from "@linli/core/directory";
import { findUnits, unitAt } from "@linli/core/hierarchy";
import type { Actor } from "@linli/core/issue";
import { NotFound } from "@linli/core/services";
import { createHash } from "node:crypto";
import * as Effect from "effect/Effect";
import { HttpApiBuilder, HttpApiMiddleware } from "effect/http-api";
import * as Layer from "effect/Layer";
import * as Schema from "effect/Schema";
import * as SchemaIssue from "effect/SchemaIssue";
import { newVisitor } from "../server/sessions.ts";
import type { Town } from "../server/town.ts";
import { CAST, castMember } from "../stories/cast.ts";
import { inputSchema } from "./actionInput.ts";
import { bodyOf } from "./body.ts";
import { ReadableRequest, TownApi } from "./endpoints.ts";
import { BadInput, Broken, NotThere, orProblem } from "./problems.ts";
import { emergencyOf, previewOf } from "./preview.ts";
import { scoresFor } from "./scores.ts";
import { identityLayer, Viewer } from "./viewer.ts";

/** All handlers of the API over one town. */
export const apiHandlers = (town: Town) =>
  Layer.mergeAll(sessionHandlers(town), issueHandlers(town), listHandlers(town)).pipe(
    Layer.provide([identityLayer(town), readableRequest]),
  );

const sessionHandlers = (town: Town) =>
  HttpApiBuilder.group(TownApi, "session", (handlers) =>
    handlers
      .handleRaw("open", ({ request }) =>
        Effect.gen(function* () {
          const { person } = yield* bodyOf(request, Schema.Struct({ person: Schema.String }));
          const member = castMember(person);
          if (member === undefined) {
            return yield* new NotThere({
              code: "NotFound",
              detail: "a demo session is issued for the demonstration's persons only",
              what: "person",
            });
          }
          const { directory } = yield* orProblem(town.linli.published);
          const token = town.sessions.issue(newVisitor(person), town.now());
          const posts = postsOf(directory, person, town.now()).map(({ post, unit }) => ({
            post,
            unit,
          }));
          return { token, person, name: member.name, posts };
        }),
      )
      .handle("persons", () => Effect.succeed(CAST)),
  );

const issueHandlers = (town: Town) => {
  const { linli } = town;
  return HttpApiBuilder.group(TownApi, "issues", (handlers) =>
    handlers
      .handleRaw("begin", ({ request, headers }) =>
        Effect.gen(function* () {
          const actor = yield* Viewer;
          const command = yield* bodyOf(request);
          const emergency = yield* emergencyOf(town, command);
          const begun = yield* orProblem(
            linli.begin(command, { actor, ...commandIdOf(headers, actor) }),
            emergency ?? undefined,
          );
          return { ...begun, emergency };
        }),
      )
      .handleRaw("preview", ({ request }) =>
        Effect.flatMap(bodyOf(request), (command) => previewOf(town, command)),
      )
      .handle("view", ({ params, query }) =>
        Effect.flatMap(Viewer, (viewer) =>
          orProblem(linli.view(params.issue, { viewer, purpose: query.purpose ?? "handle" })),
        ),
      )
      .handle("timeline", ({ params }) =>
        Effect.flatMap(Viewer, (viewer) => orProblem(linli.timeline(params.issue, viewer))),
      )
      .handle("explain", ({ params, query }) =>
        Effect.flatMap(Viewer, (viewer) =>
          orProblem(linli.explain(params.issue, { viewer, reader: query.reader ?? "resident" })),
        ),
      )
      .handle("actions", ({ params }) =>
        Effect.flatMap(Viewer, (viewer) =>
          Effect.map(orProblem(linli.actions(params.issue, viewer)), (actions) =>
            actions.map((action) => ({ ...action, input: inputSchema(action) })),
          ),
        ),
      )
      .handleRaw("act", ({ request, params, headers }) =>
        Effect.gen(function* () {
          const actor = yield* Viewer;
          const command = yield* bodyOf(request);
          return yield* orProblem(
            linli.act(params.issue, command, { actor, ...commandIdOf(headers, actor) }),
          );
        }),
      )
      .handleRaw("follow", ({ request }) =>
        Effect.gen(function* () {
          const { code } = yield* bodyOf(request, Schema.Struct({ code: Schema.String }));
          const { issue, actor } = yield* orProblem(linli.byReceipt(code));
          const view = yield* orProblem(linli.view(issue, { viewer: actor, purpose: "follow" }));
          return { issue: view, timeline: yield* orProblem(linli.timeline(issue, actor)) };
        }),
      ),
  );
};

const listHandlers = (town: Town) => {
  const { linli } = town;
  return HttpApiBuilder.group(TownApi, "lists", (handlers) =>
    handlers
      .handle("worklist", ({ params, query }) =>
        Effect.gen(function* () {
          const viewer = yield* Viewer;
          yield* mustBeUnit(town, params.unit);
          return yield* orProblem(linli.worklist(params, { ...query, viewer }));
        }),
      )
      .handle("mine", ({ query }) =>
        Effect.gen(function* () {
          const viewer = yield* Viewer;
          if (viewer.person === null) return { issues: [], next: null };
          return yield* orProblem(linli.reportedBy(viewer.person, { ...query, viewer }));
        }),
      )
      .handle("issuesOf", ({ params, query }) =>
        Effect.gen(function* () {
          const viewer = yield* Viewer;
          yield* mustBeUnit(town, params.unit);
          return yield* orProblem(
            linli.issuesOf(params.unit, { ...query, viewer, state: query.state ?? "open" }),
          );
        }),
      )
      .handle("count", ({ params, query }) =>
        Effect.gen(function* () {
          const viewer = yield* Viewer;
          yield* mustBeUnit(town, params.unit);
          const count = yield* orProblem(
            linli.count(params.unit, query.state ?? "open", { viewer, max: COUNT_MAX }),
          );
          return { count, max: COUNT_MAX };
        }),
      )
      .handle("board", ({ params, query }) =>
        Effect.gen(function* () {
          yield* mustBeUnit(town, params.unit);
          return yield* orProblem(linli.board(params.unit, query));
        }),
      )
      .handle("score", ({ params, query }) => orProblem(scoresFor(town, params.month, query.unit)))
      .handle("units", ({ query }) =>
        Effect.gen(function* () {
          const world = yield* orProblem(linli.published);
          const limit = query.limit ?? 10;
          return findUnits(world.hierarchy, query.words, { at: town.now(), limit }).flatMap(
            (found) => {
              const unit = unitAt(world.hierarchy, found.unit);
              const level = unit === undefined ? undefined : world.charter.levels.get(unit.level);
              return unit === undefined || level === undefined
                ? []
                : [
                    {
                      unit: unit.id,
                      name: unit.name,
                      level: unit.level,
                      levelName: level.name,
                      matched: found.matchedAlias,
                    },
                  ];
            },
          );
        }),
      )
      .handle("now", () =>
        Effect.map(orProblem(linli.published), ({ charter }) => ({
          now: town.now(),
          timeZone: charter.calendar.timeZone,
        })),
      ),
  );
};

const COUNT_MAX = 1000;

const mustBeUnit = Effect.fnUntraced(function* (town: Town, id: string) {
  const { hierarchy } = yield* orProblem(town.linli.published);
  if (unitAt(hierarchy, id) === undefined) {
    return yield* orProblem(Effect.fail(new NotFound({ what: "unit", id })));
  }
});

// Everybody's keys are their own: a key of somebody else's is neither met nor used up.
const commandIdOf = (headers: { readonly "idempotency-key"?: string }, actor: Actor) => {
  const key = headers["idempotency-key"];
  if (key === undefined) return {};
  const whose = JSON.stringify([actor.person, actor.receipt ?? null, key]);
  return { commandId: `api.${createHash("sha256").update(whose).digest("base64url")}` };
};

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1();

// Only the place is told: the formatter's own messages repeat the refused value.
const readableRequest = HttpApiMiddleware.layerSchemaErrorTransform(ReadableRequest, (error) => {
  if (error.kind === "Body" || error.kind === "ResponseHeaders") {
    return Effect.andThen(
      Effect.logError("an answer did not fit its own schema", error.cause),
      Effect.fail(new Broken({ code: "Internal", detail: "the answer could not be written" })),
    );
  }
  const [first] = formatIssues(error.cause.issue).issues;
  const parts = (first?.path ?? []).map((part) =>
    String(typeof part === "object" ? part.key : part),
  );
  const slot = error.kind === "Payload" ? "body" : error.kind.toLowerCase();
  return Effect.fail(
    new BadInput({
      code: "InputError",
      detail: "is missing, unknown here, or not of the kind this address takes",
      path: `/${[slot, ...parts].join("/")}`,
      advice: "see /openapi.json",
    }),
  );
});
