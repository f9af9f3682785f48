/**
 * The law above all: after any sequence of calls a driver shows the same as the
 * memory driver, which is the specification.
 */
import { checkedStorage, makeMemoryStorage } from "@linli/core/ports";
import * as fc from "fast-check";
import { type Lab, makeLab } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { modelCommands, type Place } from "./modelCommands.ts";
import { fromCheck } from "./Property.ts";

export const modelLaws: ReadonlyArray<StorageLaw> = [
  law(
    "model.same-as-memory",
    "After any sequence of commits, leases, settlements, scans and pages a driver shows what the memory driver shows.",
    function* (lab) {
      let run = 0;
      const { replay } = lab.fixture;
      const sequences = fc.commands(modelCommands(), {
        maxCommands: 60,
        // Or nearly all sequences are of a few commands.
        size: "max",
        ...(replay?.replayPath === undefined ? {} : { replayPath: replay.replayPath }),
      });
      const property = fc.asyncProperty(sequences, (sequence) => {
        run += 1;
        const place = (tools: Lab): Place => ({
          labs: { home: tools, beside: tools.within(`model ${run} beside`) },
          // No other run leases from these queues, so a lease may be of all namespaces.
          queue: (name) => `${name} ${run}`,
        });
        const memory = { ...lab.fixture, storage: checkedStorage(makeMemoryStorage()) };
        const namespace = `model ${run}`;
        const setup = () => ({
          model: place(makeLab(memory, namespace)),
          real: { place: place(lab.within(namespace)), known: { held: [], cursors: new Map() } },
        });
        return fc.asyncModelRun(setup, sequence);
      });
      yield* fromCheck(property, { numRuns: 60, seed: 2011 }, replay);
    },
  ),
];
