/**
 * One examination of a driver, whatever the driver does meanwhile: rejections that nobody
 * caught break the law that was asked, and a driver that ends the process loses no finding.
 */
import { examineStorage, type LawFinding, type StorageLaw } from "@linli/testing";
import * as Effect from "effect/Effect";
import { type Driver, textOf } from "./drivers.ts";

/** How an examination is told of. */
export interface Listener {
  readonly found: (finding: LawFinding) => void;
  /** The process ends before the laws do; only what works at once may be done here. */
  readonly cutShort: (findings: ReadonlyArray<LawFinding>) => void;
}

/** What was thrown where nobody waits for it, since it was last asked for. */
export interface Strays {
  readonly take: () => ReadonlyArray<string>;
}

/** Watches for strays until the process ends; without it the first would end the process. */
export const watchStrays = (): Strays => {
  const strays: Array<string> = [];
  const stray = (thrown: unknown) => void strays.push(textOf(thrown));
  process.on("unhandledRejection", stray).on("uncaughtException", stray);
  return { take: () => strays.splice(0) };
};

/** Asks the laws one by one. */
export const examined = async (
  driver: Driver["tested"],
  laws: ReadonlyArray<StorageLaw>,
  strays: Strays,
  listener: Listener,
): Promise<ReadonlyArray<LawFinding>> => {
  const findings: Array<LawFinding> = [];
  const exits = () => {
    const law = laws[findings.length];
    if (law === undefined) return;
    const { id, group, statement } = law;
    const asked = { id, group, statement, outcome: "kept" as const, detail: "", millis: 0 };
    listener.cutShort([...findings, broken(asked, "the driver ended the process")]);
  };
  const found = (finding: LawFinding) => {
    const thrown = strays.take();
    const told =
      thrown.length === 0
        ? finding
        : broken(finding, `meanwhile nobody caught ${thrown.slice(0, 3).join("; ")}`);
    findings.push(told);
    listener.found(told);
  };
  process.on("exit", exits);
  try {
    await Effect.runPromise(examineStorage(driver, laws, found));
    return findings;
  } finally {
    process.off("exit", exits);
  }
};

// Private

const broken = ({ skippedFor: _, ...law }: LawFinding, detail: string): LawFinding => ({
  ...law,
  outcome: "broken",
  detail: [law.detail, detail].filter((text) => text !== "").join("; "),
});
