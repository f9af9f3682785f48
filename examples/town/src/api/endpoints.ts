/** The town's HTTP API: every address, what it takes and what it gives. */
import { COMMANDS } from "@linli/core/issue";
import { Id, textOf } from "@linli/core/data";
import { LocalDate, Month } from "@linli/core/time";
import {
  HttpApi,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema,
  OpenApi,
} from "effect/http-api";
import * as Schema from "effect/Schema";
import { BadInput, Broken, PROBLEMS } from "./problems.ts";
import * as out from "./schemas.ts";
import { Identity } from "./viewer.ts";

/** Turns what a request's path, query or headers lack into {@link BadInput}. */
export class ReadableRequest extends HttpApiMiddleware.Service<ReadableRequest>()(
  "town/ReadableRequest",
  { error: [BadInput, Broken] },
) {}

const Cursor = textOf(600).annotate({ description: "`next` of the page before" });
const Limit = Schema.FiniteFromString.check(
  Schema.isInt(),
  Schema.isBetween({ minimum: 1, maximum: 200 }),
);
const State = Schema.Literals(["open", "settled", "final"]);
const Order = Schema.Literals(["due", "dueLast"]);
const page = {
  limit: Schema.optionalKey(Limit),
  cursor: Schema.optionalKey(Cursor),
  order: Schema.optionalKey(Order),
};
const keyed = {
  "idempotency-key": Schema.optionalKey(
    textOf(80).annotate({ description: "the same key with the same body acts once" }),
  ),
};
const error = PROBLEMS;
const { report, recordSettled, ...steps } = COMMANDS;

const Opening = Schema.Union([report, recordSettled]);
const Step = Schema.Union(Object.values(steps));

const session = HttpApiGroup.make("session").add(
  HttpApiEndpoint.post("open", "/api/session", {
    payload: Schema.Struct({ person: Id }),
    success: out.Session,
    error,
  }).annotate(
    OpenApi.Description,
    "DEMO ONLY: a signed session for one of the demonstration's persons, without any password. 仅供演示，不是登录。",
  ),
  HttpApiEndpoint.get("persons", "/api/session/persons", {
    success: Schema.Array(Schema.Struct({ person: Schema.String, name: out.Session.fields.name })),
    error,
  }),
);

const issue = { issue: Id };

const issues = HttpApiGroup.make("issues")
  .add(
    HttpApiEndpoint.post("begin", "/api/issues", {
      headers: keyed,
      payload: Opening,
      success: out.Begun.pipe(HttpApiSchema.status(201)),
      error,
    }).annotate(
      OpenApi.Description,
      "Report, or record what was settled. Place and words are enough; the receipt code is given once.",
    ),
    HttpApiEndpoint.post("preview", "/api/preview", {
      payload: report,
      success: out.Preview,
      error,
    }).annotate(
      OpenApi.Description,
      "Where a report would go, and which numbers to call first. Saves nothing.",
    ),
    HttpApiEndpoint.get("view", "/api/issues/:issue", {
      params: issue,
      query: { purpose: Schema.optionalKey(Schema.Literals(["handle", "follow", "board"])) },
      success: out.IssueView,
      error,
    }),
    HttpApiEndpoint.get("timeline", "/api/issues/:issue/timeline", {
      params: issue,
      success: Schema.Array(out.TimelineLine),
      error,
    }),
    HttpApiEndpoint.get("explain", "/api/issues/:issue/explain", {
      params: issue,
      query: { reader: Schema.optionalKey(out.Explanation.fields.reader) },
      success: out.Explanation,
      error,
    }),
    HttpApiEndpoint.get("actions", "/api/issues/:issue/actions", {
      params: issue,
      success: Schema.Array(out.Action),
      error,
    }).annotate(
      OpenApi.Description,
      "What this reader may do now, with the JSON Schema of each input, and for the rest the reason.",
    ),
    HttpApiEndpoint.post("act", "/api/issues/:issue/act", {
      params: issue,
      headers: keyed,
      payload: Step,
      success: out.Acted,
      error,
    }),
    HttpApiEndpoint.post("follow", "/api/follow", {
      payload: Schema.Struct({ code: textOf(40) }),
      success: Schema.Struct({ issue: out.IssueView, timeline: Schema.Array(out.TimelineLine) }),
      error,
    }).annotate(
      OpenApi.Description,
      "Follow by receipt code. The code is in the body so that no address or log holds it; the header `Receipt-Code` opens the other addresses of the same issue.",
    ),
  )
  .middleware(Identity);

const unit = { unit: Id };

const lists = HttpApiGroup.make("lists")
  .add(
    HttpApiEndpoint.get("worklist", "/api/posts/:post/units/:unit/worklist", {
      params: { post: Id, unit: Id },
      query: { ...page, as: Schema.optionalKey(Schema.Literals(["handler", "sponsor"])) },
      success: out.IssuePage,
      error,
    }),
    HttpApiEndpoint.get("mine", "/api/mine", { query: page, success: out.IssuePage, error }),
    HttpApiEndpoint.get("issuesOf", "/api/units/:unit/issues", {
      params: unit,
      query: {
        ...page,
        state: Schema.optionalKey(State),
        purpose: Schema.optionalKey(Schema.Literals(["handle", "board"])),
      },
      success: out.IssuePage,
      error,
    }),
    HttpApiEndpoint.get("count", "/api/units/:unit/count", {
      params: unit,
      query: { state: Schema.optionalKey(State) },
      success: Schema.Struct({ count: Schema.Int, max: Schema.Int }),
      error,
    }),
    HttpApiEndpoint.get("board", "/api/units/:unit/board", {
      params: unit,
      query: { from: LocalDate, until: LocalDate },
      success: Schema.Array(out.BoardDay),
      error,
    }),
    HttpApiEndpoint.get("score", "/api/scores/:month", {
      params: { month: Month },
      query: { unit: Schema.optionalKey(Id) },
      success: Schema.Array(out.Score),
      error,
    }),
    HttpApiEndpoint.get("units", "/api/units", {
      query: { words: textOf(200), limit: Schema.optionalKey(Limit) },
      success: Schema.Array(out.FoundUnit),
      error,
    }).annotate(OpenApi.Description, "Units whose name or alias stands in the words, best first."),
    HttpApiEndpoint.get("now", "/api/now", {
      success: Schema.Struct({ now: out.At, timeZone: Schema.String }),
      error,
    }),
  )
  .middleware(Identity);

/** Everything under `/api`. */
export class TownApi extends HttpApi.make("linli-town")
  .add(session, issues, lists)
  .middleware(ReadableRequest)
  .annotate(HttpApi.QueryParseOptions, { onExcessProperty: "error" })
  .annotateMerge(
    OpenApi.annotations({
      title: "邻里 Linli: 新安镇示例 / the town of Xin'an",
      version: "1",
      description:
        "小事不出楼栋、大事不出微社区。演示：身份由 `POST /api/session` 任选，没有登录。\n\nA demonstration: who you are is picked at `POST /api/session`, there is no login. Every error is an RFC 9457 problem whose `type` begins with `urn:linli:error:`.",
    }),
  ) {}
