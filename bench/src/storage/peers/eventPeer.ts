/** Event stores beside Linli: each loads, decides by the hand-written reducer and appends, in its own way. */
import type { IssueEvent, IssueState } from "@linli/core/issue";
import type { Contestant, Times } from "../../kit/race.ts";
import { ratioOf } from "../../kit/race.ts";
import { mustAgree, type Peer, type Row, rowOf } from "../../kit/report.ts";
import type { Act } from "../clients.ts";

/** An event store with the reported issues in it. */
export interface EventPeer {
  readonly name: string;
  /** What a command writes there; everything else of ours it does not. */
  readonly writes: string;
  readonly act: Act;
  /** The state that its events, and its state row where it has one, give. */
  readonly states: (issue: string) => Promise<ReadonlyArray<unknown>>;
  readonly close: () => Promise<void>;
}

/** The first event of each issue, as the journal has it. */
export type Reports = ReadonlyMap<string, IssueEvent>;

/** A contestant of a peer's name. */
export type ContestantOf = (name: string, act: Act) => Contestant;

/** Every issue must have come to the state that the hand stored. @throws Disagreement */
export const mustHaveComeTo = async (
  peer: EventPeer,
  finals: ReadonlyMap<string, IssueState>,
): Promise<number> => {
  for (const [issue, state] of finals) {
    for (const [at, given] of (await peer.states(issue)).entries()) {
      mustAgree(`${peer.name}, ${issue}, ${at}`, state, given);
    }
  }
  return finals.size;
};

/** The peer beside the hand, and ours beside the peer: we are to lead. */
export const besideOf = (
  times: Times,
  peer: EventPeer,
  { what, compared }: { readonly what: string; readonly compared: number },
): { readonly peer: Peer; readonly row: Row } => ({
  peer: {
    peer: peer.name,
    what: `${what}; writes ${peer.writes}`,
    reference: "by hand",
    compared,
    ...ratioOf(times, "by hand", peer.name),
  },
  row: rowOf(what, peer.name, ratioOf(times, peer.name, "linli"), 1),
});
