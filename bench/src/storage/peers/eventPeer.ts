/** Event stores beside Linli: each loads, decides by the hand-written reducer and appends, in its own way. */
import type { IssueEvent, IssueState } from "@linli/core/issue";
import { ratioOf, type Times } from "../../kit/race.ts";
import { mustAgree, type Peer, type Row, rowOf } from "../../kit/report.ts";
import type { Act } from "../clients.ts";

/** An event store with the reported issues in it. */
export interface EventPeer {
  readonly name: string;
  /** Which of ours is its nearest work: the whole command, or the port's journal alone. */
  readonly nearest: "command" | "journal";
  /** What a command writes there; everything else of ours it does not. */
  readonly writes: string;
  readonly act: Act;
  /** The state that its events, and its state row where it has one, give. */
  readonly states: (issue: string) => Promise<ReadonlyArray<unknown>>;
  readonly close: () => Promise<void>;
}

/** The first event of each issue, as the journal has it. */
export type Reports = ReadonlyMap<string, IssueEvent>;

/** In each, every issue must have come to the state that the hand stored; closes them. @throws Disagreement */
export const mustHaveComeTo = async (
  peers: ReadonlyArray<EventPeer>,
  finals: ReadonlyMap<string, IssueState>,
): Promise<number> => {
  for (const { name, states, close } of peers) {
    for (const [issue, state] of finals) {
      for (const [at, given] of (await states(issue)).entries()) {
        mustAgree(`${name}, ${issue}, ${at}`, state, given);
      }
    }
    await close();
  }
  return finals.size;
};

/** The contestant that is our journal alone. */
export const JOURNAL = "linli, its journal alone";

/**
 * The peers beside the hand, and ours beside each: we are to lead at its nearest work.
 * Beside those whose nearest work is the journal the whole command is shown without a goal.
 */
export const besideOf = (
  times: Times,
  peers: ReadonlyArray<EventPeer>,
  { who, compared }: { readonly who: string; readonly compared: number },
): { readonly peers: ReadonlyArray<Peer>; readonly rows: ReadonlyArray<Row> } => {
  const command = `durable command, ${who}, through the service`;
  const journal = `event read, decided and appended, ${who}, through the port`;
  return {
    rows: peers.map(({ name, nearest }) =>
      nearest === "journal"
        ? rowOf(journal, name, ratioOf(times, name, JOURNAL), 1)
        : rowOf(command, name, ratioOf(times, name, "linli"), 1),
    ),
    peers: [
      ...peers.map(({ name, writes }) => ({
        peer: name,
        what: `${command}; writes ${writes}`,
        reference: "by hand",
        compared,
        ...ratioOf(times, "by hand", name),
      })),
      ...peers
        .filter(({ nearest }) => nearest === "journal")
        .map(({ name }) => ({
          peer: "linli, the whole command",
          what: `${command}: all its rows beside one event`,
          reference: name,
          compared,
          ...ratioOf(times, name, "linli"),
        })),
    ],
  };
};
