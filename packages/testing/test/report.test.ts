/** The report of a driver, as data and as a page, and drivers opened by promises. */
import { makeMemoryStorage, storageFromPromise, storageToPromise } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { expect, it } from "vitest";
import {
  checkStorageLaw,
  CONTRACT_EDITION,
  examineStorage,
  lawNumber,
  type OpenedStorage,
  storageLaws,
  storageReport,
  storageReportPage,
  storageSaboteurs,
  storageUnderTest,
} from "../src/index.ts";
import { STATEMENTS_ZH } from "../src/storage/lawStatementsZh.ts";

const capabilities = { name: "memory", durable: false, shared: false };
const about = { capabilities, version: "1.2", at: 1_768_000_000_000 };
const wanted = ["read.order", "commit.stale-refused", "durable.rows", "shared.fenced"];
const laws = storageLaws.filter((law) => wanted.includes(law.id));

it("tells kept, broken and skipped laws apart, with what was seen", async () => {
  const saboteur = storageSaboteurs.find((one) => one.id === "lost-update");
  const driver = { open: Effect.sync(() => saboteur!.make()), capabilities };
  const findings = await Effect.runPromise(examineStorage(driver, laws));
  const report = storageReport(findings, about);
  expect(report).toMatchObject({
    driver: "memory",
    version: "1.2",
    at: "2026-01-09T23:06:40.000Z",
    kept: 1,
    broken: 1,
    skipped: 2,
  });
  const page = storageReportPage(report, "en");
  expect(page).toContain("**1 laws are broken.**");
  expect(page).toMatch(/\| \d+ \| `commit\.stale-refused` \| .* \| \*\*broken\*\* \|/);
  expect(page).toMatch(/`shared\.fenced` \| .* \| not asked \|/);
  const fenced = lawNumber("shared.fenced");
  expect(page).toContain(`- the driver does not claim to be shared: ${fenced}`);
  expect(page).toContain(`${storageLaws.length - 4} cases were not asked`);
  expect(page).toContain(`edition ${CONTRACT_EDITION}, ${storageLaws.length} cases`);
});

it("speaks Chinese, English or both", async () => {
  const driver = { open: Effect.sync(makeMemoryStorage), capabilities };
  const findings = await Effect.runPromise(examineStorage(driver, laws));
  const report = storageReport(findings, { ...about, replay: { seed: 7 } });
  const [zh, en, both] = (["zh", "en", "both"] as const).map((language) =>
    storageReportPage(report, language),
  );
  expect(zh).toContain("# 存储契约检验报告: memory");
  expect(zh).toContain("| 随机种子 | 7 |");
  expect(zh).toContain("## 读取");
  expect(zh).not.toContain("No law is broken");
  expect(en).toContain("# Storage contract report: memory");
  expect(en).not.toMatch(/[\u4e00-\u9fff]/);
  expect(both).toContain("# 存储契约检验报告 / Storage contract report: memory");
});

it("has a Chinese sentence for each law", () => {
  const plain = storageLaws.filter(({ id }) => !id.endsWith("+faults"));
  const missing = plain.filter(({ id }) => STATEMENTS_ZH[id] === undefined).map(({ id }) => id);
  expect(missing, "write them in `lawStatementsZh.ts`").toEqual([]);
  for (const [id, text] of Object.entries(STATEMENTS_ZH)) {
    expect(
      plain.some((law) => law.id === id),
      id,
    ).toBe(true);
    expect(text, id).toMatch(/。$/);
  }
});

it("takes a driver's own words as text, never as markup", () => {
  const odd = "mine | <b>x</b>\n# hi [a](b)";
  const report = storageReport([], { ...about, capabilities: { ...capabilities, name: odd } });
  const [title] = storageReportPage(report, "en").split("\n");
  expect(title).toBe("# Storage contract report: mine \\| &lt;b&gt;x&lt;/b&gt; \\# hi \\[a\\](b)");
});

it("calls a driver without fault whole", async () => {
  const driver = { open: Effect.sync(makeMemoryStorage), capabilities };
  const findings = await Effect.runPromise(examineStorage(driver, laws));
  expect(storageReportPage(storageReport(findings, about), "en")).toContain("No law is broken.");
});

it("opens, reopens and closes drivers by promises, once each", async () => {
  const durable = { name: "kept", durable: true, shared: true };
  const told: Array<string> = [];
  const opened = (memory = { ...makeMemoryStorage(), capabilities: durable }): OpenedStorage => {
    told.push("open");
    return {
      storage: storageFromPromise(storageToPromise(memory)),
      close: async () => void told.push("close"),
      reopen: async () => opened(memory),
      openSecond: async () => opened(memory),
    };
  };
  const driver = storageUnderTest({ open: async () => opened(), capabilities: durable });
  for (const id of ["durable.rows", "shared.sees-commits"]) {
    const law = storageLaws.find((one) => one.id === id);
    await Effect.runPromise(checkStorageLaw(law!, driver));
  }
  expect(told.slice(0, 4)).toEqual(["open", "close", "open", "close"]);
  expect(told.filter((one) => one === "open").length).toBe(4);
  expect(told.filter((one) => one === "close").length).toBe(4);
});

it("names what a durable driver did not hand over", async () => {
  const driver = storageUnderTest({
    open: async () => ({ storage: makeMemoryStorage() }),
    capabilities: { ...capabilities, durable: true },
  });
  const law = storageLaws.find((one) => one.id === "durable.rows");
  const broken = await Effect.runPromise(Effect.flip(checkStorageLaw(law!, driver)));
  expect(broken.message).toContain("`reopen`");
});
