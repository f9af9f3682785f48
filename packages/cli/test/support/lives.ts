/** Drawn lives lived through a desk: reports, every kind of step, clocks, boards, units that move. */
import { allowedCommands, contextOf } from "@linli/core/issue";
import type { Actor, Command, IssueState } from "@linli/core/issue";
import { createDesk } from "@linli/core/promise";
import type { Desk } from "@linli/core/promise";
import type { Storage } from "@linli/core/ports";
import { suitableCommands, TOWN_START } from "@linli/testing";
import type { LifeStep, SmallTown, TownLife } from "@linli/testing";
import * as Effect from "effect/Effect";

/** A town that was lived in: where it is stored, and what the time is there. */
export interface LivedTown {
  readonly desk: Desk;
  readonly issues: ReadonlyArray<string>;
  readonly now: number;
}

/** How a life is lived. */
export interface LivingOptions {
  /** Whether clocks are fired and boards taken in now and then. */
  readonly work: boolean;
  /** Published half-way: units lie elsewhere from then on, and other people may see. */
  readonly midway?: SmallTown;
}

/** Lives a drawn life in a storage; what is refused is let pass, as a screen would. */
export const liveThrough = async (
  storage: Storage,
  life: TownLife,
  options: LivingOptions = { work: true },
): Promise<LivedTown> => {
  const { town } = life;
  const clock = { now: TOWN_START };
  let ids = 0;
  const desk = await createDesk({
    ...{ storage, ...town.documents, now: () => clock.now },
    newId: () => `n${(ids += 1)}`,
  });
  const issues: Array<string> = [];
  for (const [n, { actor, command }] of life.openings.entries()) {
    clock.now += 60_000;
    const ref = { externalRefs: [{ system: "12345", ref: `r${n}` }] };
    const input = n % 3 === 2 ? { ...command, ...ref } : command;
    const host = n % 3 === 2 ? { ...actor, host: true } : actor;
    const begun = await unlessRefused(desk.begin(input, { actor: host }));
    if (begun !== null) issues.push(begun.issue);
  }
  for (const [n, step] of life.steps.entries()) {
    if (n === life.steps.length >> 1 && options.midway !== undefined) {
      if (options.work) await desk.project();
      await publishOther(desk, town, options.midway);
    }
    // One authority sets the time: units do not move back.
    clock.now += Math.max(0, step.wait);
    const issue = issues[step.issue % Math.max(1, issues.length)];
    if (issue === undefined) break;
    const other = issues.find((id) => id !== issue) ?? null;
    const { actor, command } = await guided(storage, town, { step, issue, other, now: clock.now });
    await unlessRefused(desk.act(issue, command, { actor }));
    if (options.work && n % 5 === 4) await desk.runDue();
    if (options.work && n % 7 === 6) await desk.project(3);
  }
  return { desk, issues, now: clock.now };
};

// Private

const publishOther = (desk: Desk, town: SmallTown, other: SmallTown) => {
  const { charter } = town.documents;
  const categories = charter.categories.map((one) => {
    const { visibility: _, ...open } = one;
    return one.id === "dispute" ? open : one;
  });
  return desk.publish({
    charter: { ...charter, categories, version: "2" },
    hierarchy: { ...other.documents.hierarchy, version: "h2" },
  });
};

const unlessRefused = async <A>(doing: Promise<A>): Promise<A | null> => {
  try {
    return await doing;
  } catch (cause) {
    const tag = cause instanceof Error && "_tag" in cause ? cause._tag : null;
    if (tag !== "Refusal" && tag !== "InputError") throw cause;
    return null;
  }
};

const guided = async (
  storage: Storage,
  town: SmallTown,
  at: {
    readonly step: LifeStep;
    readonly issue: string;
    readonly other: string | null;
    readonly now: number;
  },
): Promise<{ readonly actor: Actor; readonly command: Command }> => {
  const { step, issue, other, now } = at;
  const keys = [{ kind: "issue", id: issue }];
  const [row] = await Effect.runPromise(storage.read({ namespace: "main", keys }));
  if (step.guided === null || row == null) return step;
  const { state } = JSON.parse(row.value) as { readonly state: IssueState };
  const [who, what, how] = step.guided;
  const host: Actor = { person: null, host: true };
  const people: ReadonlyArray<Actor> =
    who % 3 === 0 ? [host] : [{ person: state.handler.person }, step.actor, host];
  for (const actor of people) {
    const names = allowedCommands(contextOf(town, now, actor), state);
    const forward = names.filter((name) => FORWARD.has(name));
    const pool = how % 3 === 1 && forward.length > 0 ? forward : names;
    const name = pool[what % Math.max(1, pool.length)];
    if (name === undefined) continue;
    const inputs = suitableCommands(town, state, name, { now, other });
    const command = inputs[how % Math.max(1, inputs.length)];
    if (command !== undefined) return { actor, command };
  }
  return step;
};

const FORWARD: ReadonlySet<string> = new Set(["accept", "settle", "resolve", "verify", "close"]);
