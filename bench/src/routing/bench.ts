/** Routing: how fast a charter decides beside the same rules written out as code. */
import { type CharterDocument, compileCharter } from "@linli/core/charter";
import type { Decision, FactsRecord } from "@linli/core/charter";
import { decodeFacts, route, routeRecord } from "@linli/core/routing";
import * as Result from "effect/Result";
import { fastestOf, race, ratioOf } from "../kit/race.ts";
import type { Contestant } from "../kit/race.ts";
import { type BenchOptions, mustAgree, type Peer, type Report, rowOf } from "../kit/report.ts";
import { type ByHand, writeChain, writeSwitch, writeSwitchOfFunctions } from "./byHand.ts";
import { aimFacts } from "./facts.ts";
import { type RulePeer, rulePeers } from "./peers.ts";
import { makeDocument, type RuleShape } from "./rules.ts";

/** The bench. */
export const routing = async (options: BenchOptions): Promise<Report> => {
  const small = await raceSmall(options);
  const large = await raceLarge(options);
  return {
    name: "routing",
    rows: [...small.rows, ...large.rows],
    peers: [...small.peers, ...large.peers],
    work: { ...small.work, ...large.work },
  };
};

// Private

type Part = Omit<Report, "name">;

const SMALL: RuleShape = { seed: 19, rules: 42, attributes: 9, categories: 16, crossCutting: 4 };
const LARGE: RuleShape = {
  seed: 1000,
  rules: 1000,
  attributes: 18,
  categories: 100,
  crossCutting: 50,
};
const FEW = 20;
const FACTS = { seed: 20_261_122, count: 100_000 };

const raceSmall = async ({ quick, say }: BenchOptions): Promise<Part> => {
  const { document, charter, records, facts, reached, meanPosition } = prepare(SMALL, say);
  const chain = writeChain(document);
  const peers = rulePeers(document);
  const what = `${SMALL.rules} rules x ${SMALL.attributes} attributes`;
  agree(`${what}, from decoded facts`, records, chain, (at) => route(charter, facts[at] as Fact));
  agree(`${what}, from a plain record`, records, chain, (at) =>
    Result.getOrThrow(routeRecord(charter, records[at])),
  );
  const compared = await comparePeers(peers, records, chain, quick);

  const times = await race(
    [
      byHand("if/else", chain, records),
      fromRecords(charter, records),
      fromFacts(charter, facts),
      ...peers.map((peer) => peerContestant(peer, records)),
    ],
    { clock: "cpu", rounds: quick ? 3 : 31, millis: quick ? 5 : 40 },
  );
  return {
    rows: [
      rowOf(`${what}, from a plain record`, "if/else", ratioOf(times, "if/else", "record"), 0.2),
      rowOf(`${what}, from decoded facts`, "if/else", ratioOf(times, "if/else", "facts"), 0.7),
    ],
    peers: peers.map(({ name }): Peer => ({
      peer: name,
      what: `${what}, from a plain record`,
      reference: "if/else",
      compared: compared.get(name) ?? 0,
      ...ratioOf(times, "if/else", name),
    })),
    work: {
      facts: `${records.length} records, seed ${FACTS.seed}; rules from seeds ${SMALL.seed} and ${LARGE.seed}`,
      [what]: `${reached} of ${SMALL.rules + 1} outcomes reached, mean position ${meanPosition}`,
    },
  };
};

const raceLarge = async (options: BenchOptions): Promise<Part> => {
  const main = await raceForms(LARGE, options);
  // How much hangs on the list: with few rules that cut across, switch(category) is at its best.
  const fewer = await raceForms({ ...LARGE, crossCutting: FEW }, options);
  const form = "switch(category), a function each";
  return {
    rows: [rowOf(`${main.what}, from decoded facts`, main.faster, main.ratio("facts"), 3)],
    peers: [
      main.beside("switch(category) calling a function for each category", form),
      main.beside("linli, encoding timed", "record"),
      fewer.beside(`linli, decoded facts, ${FEW} cross-cutting rules`, "facts"),
    ],
    work: main.work,
  };
};

const raceForms = async (shape: RuleShape, { quick, say }: BenchOptions) => {
  const { document, charter, records, facts, reached, meanPosition } = prepare(shape, say);
  const what = `${shape.rules} rules x ${shape.attributes} attributes`;
  const forms = {
    "if/else": writeChain(document),
    "switch(category)": writeSwitch(document),
    "switch(category), a function each": writeSwitchOfFunctions(document),
  };
  for (const [name, form] of Object.entries(forms)) {
    agree(`${what}, ${name}`, records, form, (at) => route(charter, facts[at] as Fact));
  }
  const times = await race(
    [
      ...Object.entries(forms).map(([name, form]) => byHand(name, form, records)),
      fromFacts(charter, facts),
      fromRecords(charter, records),
    ],
    { clock: "cpu", rounds: quick ? 3 : 31, millis: quick ? 5 : 40 },
  );
  const faster = fastestOf(times, ["if/else", "switch(category)"]);
  const ratio = (name: string) => ratioOf(times, faster, name);
  const compared = records.length;
  return {
    what,
    faster,
    ratio,
    beside: (peer: string, name: string): Peer => ({
      peer,
      what,
      reference: faster,
      compared,
      ...ratio(name),
    }),
    work: {
      [what]: `${reached} of ${shape.rules + 1} outcomes reached, mean position ${meanPosition}`,
    },
  };
};

type Fact = Result.Result.Success<ReturnType<typeof decodeFacts>>;
type Charter = Fact["charter"];

const prepare = (shape: RuleShape, say: BenchOptions["say"]) => {
  say(`making ${shape.rules} rules and ${FACTS.count} facts ...`);
  const document: CharterDocument = makeDocument(shape);
  const charter = Result.getOrThrowWith(compileCharter(document), (error) => error);
  const aimed = aimFacts(document, writeSwitchOfFunctions(document), FACTS);
  const facts = aimed.records.map((record) =>
    Result.getOrThrowWith(decodeFacts(charter, record), (error) => error),
  );
  return { document, charter, facts, ...aimed };
};

const agree = (
  what: string,
  records: ReadonlyArray<FactsRecord>,
  reference: ByHand,
  answer: (at: number) => Decision,
): void => {
  // Both sides share their decisions, so equal pairs need to be looked into only once.
  const known = new Map<Decision, Decision>();
  for (const [at, record] of records.entries()) {
    const expected = reference(record);
    const given = answer(at);
    if (known.get(expected) === given) continue;
    mustAgree(`${what}, record ${at}`, expected, given);
    known.set(expected, given);
  }
};

const comparePeers = async (
  peers: ReadonlyArray<RulePeer>,
  records: ReadonlyArray<FactsRecord>,
  reference: ByHand,
  quick: boolean,
): Promise<ReadonlyMap<string, number>> => {
  const compared = new Map<string, number>();
  for (const peer of peers) {
    const asked = records.slice(0, quick ? 200 : peer.compared);
    for (const [at, record] of asked.entries()) {
      mustAgree(`${peer.name}, record ${at}`, reference(record).rule, await peer.decide(record));
    }
    compared.set(peer.name, asked.length);
  }
  return compared;
};

// Each contestant has a loop of its own, or they would share one that knows none of them well.
const looped = (
  name: string,
  body: string,
  given: Readonly<Record<string, unknown>>,
): Contestant => {
  const source = `"use strict"; // ${name}
    return (from, count) => {
      let sum = 0;
      let at = from % size;
      for (let done = 0; done < count; done += 1) {
        sum += (${body}).levels.length;
        if (++at === size) at = 0;
      }
      return sum;
    };`;
  const run = new Function(...Object.keys(given), source)(...Object.values(given));
  return { name, run: run as Contestant["run"] };
};

const byHand = (name: string, decide: ByHand, records: ReadonlyArray<FactsRecord>): Contestant =>
  looped(name, "decide(records[at])", { decide, records, size: records.length });

const fromRecords = (charter: Charter, records: ReadonlyArray<FactsRecord>): Contestant =>
  looped("record", "routeRecord(charter, records[at]).success", {
    routeRecord,
    charter,
    records,
    size: records.length,
  });

const fromFacts = (charter: Charter, facts: ReadonlyArray<Fact>): Contestant =>
  looped("facts", "route(charter, facts[at])", { route, charter, facts, size: facts.length });

const peerContestant = (peer: RulePeer, records: ReadonlyArray<FactsRecord>): Contestant => ({
  name: peer.name,
  run: async (from, count) => {
    let hits = 0;
    for (let done = 0; done < count; done += 1) {
      const answer = peer.decide(records[(from + done) % records.length] as FactsRecord);
      // Only those that answer later are waited for.
      const rule = typeof answer === "object" && answer !== null ? await answer : answer;
      if (rule !== null) hits += 1;
    }
    return hits;
  },
});
