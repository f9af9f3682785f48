/** The fold of the hand-written life: a state and an event to the next state. */
import type { EventOf, IssueEvent, IssueState } from "@linli/core/issue";

/** The state after an event. */
export const evolveByHand = (state: IssueState | null, event: IssueEvent): IssueState => {
  if (event.type === "Reported") return begin(event);
  if (state === null) throw new TypeError("an issue begins with a report");
  const version = state.version + 1;
  const lastAt = event.at;
  switch (event.type) {
    case "Accepted":
      return {
        ...state,
        status: "accepted",
        acceptedAt: event.at,
        clocks: state.clocks.filter((clock) => clock.key !== "accept"),
        version,
        lastAt,
      };
    case "Contacted": {
      if (!event.reached) return { ...state, content: grown(state, event), version, lastAt };
      const clocks = state.clocks.filter((clock) => clock.key !== "contact");
      return {
        ...state,
        contactedAt: event.at,
        clocks,
        content: grown(state, event),
        version,
        lastAt,
      };
    }
    case "Resolved": {
      const { settlement } = event;
      const clocks = changed(state, event);
      const content = grown(state, event);
      return { ...state, status: "resolved", settlement, clocks, content, version, lastAt };
    }
    case "Verified": {
      const clocks = changed(state, event);
      const content = grown(state, event);
      return event.passed
        ? { ...state, status: "verified", verifiedAt: event.at, clocks, content, version, lastAt }
        : {
            ...state,
            status: "accepted",
            verifiedAt: null,
            settlement: null,
            clocks,
            content,
            version,
            lastAt,
          };
    }
    case "Answered": {
      const clocks = changed(state, event);
      return {
        ...state,
        answeredAt: event.at,
        clocks,
        content: grown(state, event),
        version,
        lastAt,
      };
    }
    case "Closed":
      return {
        ...state,
        status: "closed",
        closedAt: event.at,
        clocks: [],
        content: grown(state, event),
        extensionAsked: null,
        version,
        lastAt,
      };
    default:
      throw new TypeError(`this town knows no ${event.type}`);
  }
};

// Private

const begin = (event: EventOf<"Reported">): IssueState => ({
  ...BLANK,
  id: event.issue,
  kind: event.kind,
  status: "reported",
  charter: event.charter,
  category: event.category,
  facts: event.facts,
  unit: event.unit,
  reporters: event.reporters,
  about: event.about,
  routed: event.routed,
  handler: event.handler,
  sponsor: event.sponsor,
  tried: event.handler.person === null ? [] : [event.handler.person],
  clocks: event.start ?? [],
  content: event.content ?? [],
  externalRefs: event.externalRefs,
  reportedAt: event.at,
  version: 1,
  lastAt: event.at,
});

const BLANK = {
  cameFrom: [],
  assignedFinally: false,
  helpers: [],
  asked: [],
  summons: [],
  supporters: [],
  links: [],
  mergedInto: null,
  extensionAsked: null,
  extensions: 0,
  escalations: 0,
  handUps: 0,
  supervised: false,
  lastRung: false,
  reopened: 0,
  acceptedAt: null,
  contactedAt: null,
  settlement: null,
  verifiedAt: null,
  answeredAt: null,
  closedAt: null,
  rating: null,
} as const;

const grown = (state: IssueState, { content }: IssueEvent): IssueState["content"] =>
  content === undefined || content.length === 0 ? state.content : [...state.content, ...content];
const changed = (
  state: IssueState,
  { stop = [], start = [] }: IssueEvent,
): IssueState["clocks"] => {
  const kept = state.clocks.filter((one) => !stop.includes(one.key));
  return start.length === 0 ? kept : [...kept, ...start];
};
