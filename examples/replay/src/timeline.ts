/** What happened when: every opening and closing of a file in one order of instants. */
import { instantOf, localDate } from "@linli/core/time";
import type { Calendar, Instant } from "@linli/core/time";
import type { CityRequest } from "./requests.ts";

/** One thing the city recorded. */
export interface Moment {
  readonly at: Instant;
  readonly what: "opened" | "closed";
  readonly request: CityRequest;
}

/** All moments: by instant, an opening before a closing, then by id, so that the order is the file's whatever its rows' order. */
export const momentsOf = (requests: ReadonlyArray<CityRequest>): ReadonlyArray<Moment> => {
  const moments: Array<Moment> = [];
  for (const request of requests) {
    moments.push({ at: request.openedAt, what: "opened", request });
    if (request.closedAt !== null) {
      moments.push({ at: request.closedAt, what: "closed", request });
    }
  }
  return moments.sort(inOrder);
};

/** First midnight after the last opening: the end of the period the file is about. */
export const endOfPeriod = (calendar: Calendar, requests: ReadonlyArray<CityRequest>): Instant =>
  instantOf(
    calendar,
    localDate(
      calendar,
      requests.reduce((last, { openedAt }) => Math.max(last, openedAt), 0),
    ),
    "24:00",
  );

const inOrder = (a: Moment, b: Moment): number =>
  a.at - b.at ||
  (a.what === b.what ? 0 : a.what === "opened" ? -1 : 1) ||
  (a.request.id < b.request.id ? -1 : 1);
