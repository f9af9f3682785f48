/** Folding what others do to an issue: organisations, summons, helpers, extensions, voices. */
import type { IssueEvent } from "./Event.ts";
import type { Instant } from "../time/index.ts";
import type { IssueState, Summons } from "./State.ts";

/** A state while it is being folded; it never leaves the room. */
export type Mutable = { -readonly [K in keyof IssueState]: IssueState[K] };

/** Folds the events in which others take part; events without an effect of their own fall through. */
export const applyTogether = (next: Mutable, state: IssueState, event: IssueEvent): void => {
  switch (event.type) {
    case "OrganisationAsked":
      next.asked = [
        ...state.asked,
        { organisation: event.organisation, at: event.at, answeredAt: null },
      ];
      return;
    case "OrganisationAnswered":
      next.asked = state.asked.map((asked) =>
        asked.organisation === event.organisation && asked.answeredAt === null
          ? { ...asked, answeredAt: event.at }
          : asked,
      );
      return;
    case "Summoned":
      next.summons = calledTo(state, event.posts, { by: event.by, at: event.at });
      return;
    case "CheckedIn":
      next.summons = state.summons.map((one) =>
        one.post === event.post && one.unit === event.unit && one.checkedInAt === null
          ? { ...one, checkedInAt: event.at, lead: event.lead }
          : one,
      );
      return;
    case "CheckInMissed":
      if (event.instead !== null) {
        next.summons = calledTo(state, [event.instead], { by: null, at: event.at });
      }
      return;
    default:
      applyVoices(next, state, event);
  }
};

// A stand is expected at most once: a new call takes the place of one that was not answered.
const calledTo = (
  state: IssueState,
  posts: ReadonlyArray<{ readonly post: string; readonly unit: string }>,
  call: { readonly by: string | null; readonly at: Instant },
): ReadonlyArray<Summons> => [
  ...state.summons.filter(
    (one) =>
      one.checkedInAt !== null ||
      !posts.some((called) => called.post === one.post && called.unit === one.unit),
  ),
  ...posts.map(({ post, unit }) => ({ post, unit, ...call, checkedInAt: null, lead: false })),
];

const applyVoices = (next: Mutable, state: IssueState, event: IssueEvent): void => {
  switch (event.type) {
    case "HelperAdded":
      next.helpers = [...state.helpers, event.person];
      return;
    case "ExtensionRequested":
      next.extensionAsked = { kind: event.kind, at: event.at };
      return;
    case "ExtensionGranted":
      next.extensionAsked = null;
      if (event.granted) next.extensions = state.extensions + 1;
      return;
    case "SupervisionOpened":
      next.supervised = true;
      return;
    case "Supported":
      next.supporters = [...state.supporters, event.person];
      return;
    case "Absorbed":
      next.reporters = [...state.reporters, ...event.reporters];
      next.supporters = [...new Set([...state.supporters, ...event.supporters])];
      if (event.reporters.length > 0) next.answeredAt = null;
      return;
    case "Linked":
      next.links = [...state.links, { issue: event.issue, relation: event.relation }];
      return;
    case "FollowedUp":
      if (event.rating !== null) next.rating = event.rating;
      return;
    default:
      return;
  }
};
