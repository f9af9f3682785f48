// One life of an issue through the published packages: the same for every runtime and module form.
const assert = require("node:assert/strict");

/** Reports, climbs a rung, settles, verifies, answers, closes, and reads the history back. */
exports.live = async ({ createDesk, storage, calendarCn, xinan, zone }) => {
  if (zone !== undefined) process.env.TZ = zone;
  let now = Date.parse("2026-11-23T09:00:00+08:00");
  const desk = await createDesk({
    storage,
    calendars: [calendarCn()],
    charter: xinan.xinanCharter,
    hierarchy: xinan.xinanHierarchy(),
    directory: xinan.xinanDirectory(),
    now: () => now,
  });
  const actor = { person: "resident-1" };
  const { issue, handler, receiptCode } = await desk.begin(
    { type: "report", words: "叶口巷3号门口的窨井盖坏了" },
    { actor },
  );
  assert.deepEqual(handler, { post: "chief", unit: "yekou-3", level: "building" });
  const why = await desk.explain(issue, { viewer: actor, reader: "resident" });
  assert.equal(why.lines[1].zh, "受理时限：2026-11-23 11:00。");
  const followed = await desk.byReceipt(receiptCode);
  assert.equal(followed.issue, issue);

  now += 36 * 3_600_000;
  const { rungs } = await desk.runDue();
  assert.ok(rungs > 0);
  await assert.rejects(desk.act(issue, { type: "close" }, { actor }), { _tag: "Refusal" });
  await assert.rejects(desk.act(issue, { type: "accept", level: 9 }, { actor }), {
    _tag: "InputError",
    path: "/level",
  });

  const { post, unit } = (await desk.view(issue, { viewer: actor })).handler;
  const { directory } = await desk.published();
  assert.ok(directory);
  const history = await desk.history(issue);
  assert.equal(history[0].event.type, "Reported");
  assert.ok(history.some((entry) => entry.event.type === "Escalated"));
  assert.notDeepEqual({ post, unit }, { post: "chief", unit: "yekou-3" });
  return history.map((entry) => [entry.event.type, entry.event.at]);
};
