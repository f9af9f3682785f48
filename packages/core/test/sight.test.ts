import { townLives } from "@linli/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concerns, contextOf, fold, isReporter } from "../src/issue/index.ts";
import type { Actor, IssueEvent } from "../src/issue/index.ts";
import { nearnessOf, noticesFor, timeline, view } from "../src/sight/index.ts";
import type { IssueView, Purpose } from "../src/sight/index.ts";
import { walk } from "./support/walk.ts";
import type { Walked } from "./support/walk.ts";

const RUNS = { seed: 7, numRuns: 120 };
const PURPOSES: ReadonlyArray<Purpose> = ["handle", "follow", "board", "message"];

interface Seen {
  readonly viewer: Actor;
  readonly purpose: Purpose;
  readonly seen: IssueView | null;
  readonly walked: Walked;
  readonly nearness: ReturnType<typeof nearnessOf>;
  readonly visibility: "public" | "parties" | "sealed";
  readonly concerned: boolean;
  readonly reporter: boolean;
  /** Everything this viewer is shown, as text. */
  readonly shown: string;
}

/** Every view, with its timeline, of everybody on every issue a life leaves behind. */
const looks = (check: (look: Seen) => void) =>
  fc.assert(
    fc.property(townLives({ steps: 14 }), (life) => {
      const { town } = life;
      const { issues, now } = walk(life);
      const at = now + 60_000;
      const viewers: ReadonlyArray<Actor> = [
        ...[...town.officers, ...town.residents].map((person) => ({ person })),
        ...[...issues.keys()].map((id) => ({ person: null, receipt: `receipt-${id}` })),
        { person: null },
        { person: null, host: true },
      ];
      for (const walked of issues.values()) {
        const record = { state: walked.state, contents: walked.contents };
        const visibility = town.charter.category(walked.state.category)?.visibility ?? "sealed";
        for (const viewer of viewers) {
          const context = contextOf(town, at, viewer);
          for (const purpose of PURPOSES) {
            const seen = view(town, record, { viewer, purpose, at });
            const lines = seen === null ? [] : timeline(town, seen, walked.history);
            check({
              viewer,
              purpose,
              seen,
              walked,
              visibility,
              nearness: nearnessOf(context, walked.state, visibility),
              concerned: concerns(context, walked.state, viewer.person),
              reporter: isReporter(context, walked.state),
              shown: JSON.stringify([seen, lines]),
            });
          }
        }
      }
    }),
    RUNS,
  );

/** Persons whose id must not be read by anybody but themselves. */
const unnamed = ({ state, contents }: Walked): ReadonlyArray<string> => {
  const named = new Set(
    state.reporters.flatMap((one) => (one.kind === "named" ? [one.person] : [])),
  );
  const hidden = state.reporters.flatMap((one) =>
    one.kind === "confidential" ? [one.person] : [],
  );
  const anonymous = state.reporters.some((one) => one.kind === "anonymous")
    ? contents.filter(({ command }) => command === "report").map(({ by }) => by)
    : [];
  return [...hidden, ...anonymous].flatMap((person) =>
    person === null || named.has(person) ? [] : [person],
  );
};

const quoted = (id: string) => `"${id}"`;

describe("sight", () => {
  it("shows a confidential or anonymous reporter's id to nobody else, whatever they look for", () =>
    looks(({ viewer, walked, shown }) => {
      for (const person of unnamed(walked)) {
        if (person === viewer.person) continue;
        // The id may stand where the same person is named as somebody else: as one proxied for.
        if (walked.state.reporters.some((one) => one.kind === "proxy" && one.person === person))
          continue;
        expect(shown.includes(quoted(person)), `${person} is shown to ${viewer.person}`).toBe(
          false,
        );
      }
    }));

  it("shows no words, file or person on boards and in messages", () =>
    looks(({ purpose, seen, shown, visibility }) => {
      if (purpose !== "board" && purpose !== "message") return;
      expect(shown).not.toContain("§");
      expect(seen?.reporters ?? null).toBeNull();
      expect(seen?.contents ?? null).toBeNull();
      if (visibility !== "public") expect(seen).toBeNull();
    }));

  it("names who summoned by nobody's id, as it names everybody by post", () =>
    looks(({ seen }) => {
      for (const one of seen?.summons ?? []) expect(one.by).toBeNull();
    }));

  it("shows strangers nothing of what is not public, and no content of what is", () =>
    looks(({ nearness, seen, shown, visibility }) => {
      if (nearness !== "public") return;
      if (visibility !== "public") expect(seen).toBeNull();
      expect(shown).not.toContain("§");
    }));

  it("shows whomever it concerns no more than a stranger sees", () =>
    looks(({ concerned, nearness, seen, shown }) => {
      if (!concerned) return;
      expect(nearness).toBe("public");
      expect(shown).not.toContain("§");
      expect(seen?.reporters ?? null).toBeNull();
    }));

  it("keeps a sealed issue among who answers for it, who stands above, whom they called, and who reported it", () =>
    looks(({ nearness, visibility, walked, viewer }) => {
      if (visibility !== "sealed" || viewer.host === true) return;
      if (nearness === "asked") throw new Error("an organisation sees a sealed issue");
      if (nearness !== "office") return;
      expect(viewer.person).not.toBeNull();
      const sponsorOnly = walked.state.helpers.length === 0 && walked.state.summons.length === 0;
      if (sponsorOnly && walked.state.sponsor?.unit.startsWith("B") === true) {
        // A building's own posts see it only while the building handles it.
        expect(viewer.person === "engineer").toBe(false);
      }
    }));

  it("shows each reporter their own words and never another reporter's", () =>
    looks(({ reporter, concerned, viewer, walked, seen, purpose }) => {
      if (!reporter || concerned || purpose !== "follow" || seen === null) return;
      for (const content of seen.contents ?? []) {
        if (content.by !== null) expect(content.by).toBe(viewer.person);
        if (walked.state.reporters.length > 1 && VOICES.has(content.command)) {
          const stored = walked.contents.find(({ id }) => id === content.id);
          const first = walked.state.reporters[0];
          expect(
            stored?.by === viewer.person ||
              (content.command === "report" &&
                (first?.receipt === viewer.receipt || first?.person === viewer.person)),
          ).toBe(true);
        }
      }
      const own = walked.contents.find(
        ({ command, by }) => command === "report" && by !== null && by === viewer.person,
      );
      if (own !== undefined) expect(seen.contents?.map(({ id }) => id)).toContain(own.id);
    }));

  it("shows sealed files to whoever brought them, the handler and those above only", () =>
    looks(({ seen, viewer, nearness, walked }) => {
      for (const content of seen?.contents ?? []) {
        const stored = walked.contents.find(({ id }) => id === content.id);
        const own = stored?.by !== null && stored?.by === viewer.person;
        const kinds = content.attachments.map(({ visibility }) => visibility);
        if (!own && nearness !== "office") expect(kinds).not.toContain("sealed");
        if (!own && nearness === "asked") expect(kinds).not.toContain("parties");
      }
    }));

  it("tells by notices nothing but posts, places and times, to those only who may know of it", () =>
    fc.assert(
      fc.property(townLives({ steps: 14 }), (life) => {
        const { town } = life;
        const { issues } = walk(life);
        for (const { history } of issues.values()) {
          const events: Array<IssueEvent> = [];
          for (const { event } of history) {
            events.push(event);
            const state = fold(events);
            if (state === null) continue;
            const told = noticesFor(town, state, event, events.length);
            expect(new Set(told.map(({ person }) => person)).size).toBe(told.length);
            for (const { person, subject, body } of told) {
              const text = JSON.stringify([subject, body]);
              for (const id of [...town.officers, ...town.residents]) {
                expect(text.includes(id), `${id} in ${text}`).toBe(false);
              }
              expect(text).not.toContain("§");
              expect(text).not.toMatch(/\{[a-zA-Z]+\}/);
              const context = contextOf(town, event.at, { person });
              if (!isReporter(context, state)) expect(concerns(context, state, person)).toBe(false);
              const visibility = town.charter.category(state.category)?.visibility ?? "sealed";
              if (visibility !== "public" && person !== state.handler.person) {
                expect(nearnessOf(context, state, visibility)).not.toBe("public");
              }
            }
            if (event.type === "ExtensionGranted") {
              const reporters = state.reporters.flatMap((one) => one.person ?? []);
              const barred = (person: string) =>
                concerns(contextOf(town, event.at, { person }), state, person);
              for (const person of reporters) {
                if (!barred(person)) expect(told.map((one) => one.person)).toContain(person);
              }
            }
          }
        }
      }),
      RUNS,
    ));
});

const VOICES: ReadonlySet<string> = new Set([
  "report",
  "urge",
  "reopen",
  "withdraw",
  "followUp",
  "verify",
  "comment",
]);
