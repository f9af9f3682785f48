import { expect, test } from "vitest";
import { HOUR, openTown, person } from "./support/town.ts";

const CLOSING = [
  { command: { type: "settle" }, actor: person("chief-1") },
  { command: { type: "verify", passed: true }, actor: person("sec-1") },
  { command: { type: "answer", words: "it shines again" }, actor: person("chief-1") },
  { command: { type: "close" }, actor: person("chief-1") },
];

const reported = async (commandId = "r1") => {
  const town = await openTown();
  const { issue } = await town.desk.begin(
    { type: "report", place: { unit: "B1" }, category: "repair" },
    { actor: person("resident"), commandId },
  );
  return { ...town, issue };
};

test("steps in one commit give the events that the same steps one by one give, rungs included", async () => {
  for (const later of [HOUR, 40 * 24 * HOUR]) {
    const one = await reported();
    const all = await reported();
    one.clock.now += later;
    all.clock.now += later;
    // After weeks it has climbed, and the mayor has it.
    const mine = (actor: (typeof CLOSING)[number]["actor"]) =>
      later === HOUR || actor.person === "sec-1" ? actor : person("mayor");
    const steps = CLOSING.map(({ command, actor }) => ({ command, actor: mine(actor) }));
    // Whoever settled it may not verify it; the sponsor may.
    const [, second] = steps;
    if (later !== HOUR && second !== undefined) second.actor = person("chief-1");
    for (const { command, actor } of steps) await one.desk.act(one.issue, command, { actor });
    const acted = await all.desk.actAll(all.issue, steps, { commandId: "closing" });
    expect(acted).toMatchObject({ status: "closed", dueAt: null, receiptCode: null });
    expect(acted.events).toEqual(["Accepted", "Resolved", "Verified", "Answered", "Closed"]);
    const plain = async ({ desk, issue }: typeof one) =>
      (await desk.history(issue)).map(({ version, actor, event }) => ({
        version,
        actor,
        // Content ids are made of command ids.
        event: { ...event, content: "content" in event ? event.content?.length : undefined },
      }));
    const separate = await plain(one);
    expect((await plain(all)).map((entry) => entry.event.type)).toEqual(
      separate.map((entry) => entry.event.type),
    );
    expect(await plain(all)).toEqual(
      JSON.parse(JSON.stringify(separate).replaceAll(one.issue, all.issue)),
    );
  }
});

test("one refused step refuses all, and nothing is written", async () => {
  const { desk, issue } = await reported();
  const before = await desk.history(issue);
  const steps = [
    { command: { type: "settle" }, actor: person("chief-1") },
    { command: { type: "verify", passed: true }, actor: person("chief-1") },
  ];
  await expect(desk.actAll(issue, steps)).rejects.toMatchObject({
    _tag: "Refusal",
    code: "OwnWork",
    status: "resolved",
  });
  expect(await desk.history(issue)).toEqual(before);
  expect((await desk.view(issue, { viewer: person("chief-1") })).status).toBe("reported");
});

test("the same steps under the same id act once; other steps under it are an error", async () => {
  const { desk, issue } = await reported();
  const options = { commandId: "c1" };
  const first = await desk.actAll(issue, CLOSING, options);
  expect(await desk.actAll(issue, CLOSING, options)).toEqual(first);
  expect(await desk.history(issue)).toHaveLength(6);
  const again = await reported();
  await again.desk.actAll(again.issue, CLOSING.slice(0, 1), options);
  await expect(again.desk.actAll(again.issue, CLOSING.slice(1), options)).rejects.toMatchObject({
    reason: "ReceiptMismatch",
  });
});

test("steps that begin, merge, are none or too many, or whose input is wrong, are refused", async () => {
  const { desk, issue } = await reported();
  const actor = person("chief-1");
  const refused = (commands: ReadonlyArray<unknown>) =>
    expect(
      desk.actAll(
        issue,
        commands.map((command) => ({ command, actor })),
      ),
    ).rejects;
  await refused([]).toMatchObject({ path: "/steps" });
  await refused(Array.from({ length: 21 }, () => ({ type: "support" }))).toMatchObject({
    path: "/steps",
  });
  await refused([{ type: "accept" }, { type: "merge", into: "x" }]).toMatchObject({
    path: "/steps/1",
  });
  await refused([{ type: "report" }]).toMatchObject({ _tag: "InputError", path: "/type" });
  await refused([{ type: "accept", level: "town" }]).toMatchObject({ path: "/level" });
  await expect(desk.actAll("nothing", CLOSING)).rejects.toMatchObject({ code: "NoSuchIssue" });
  expect(await desk.history(issue)).toHaveLength(1);
});
