/**
 * The town in a real browser: report, receipt, follow, a chief accepts and settles,
 * the timeline; the language switch. Skipped, and said so, where no Chromium is found:
 * name one with CHROMIUM, or put `chromium` on PATH.
 */
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHIEF } from "../src/stories/cast.ts";
import { cleanUp, openTestTown, type TestTown } from "./support.ts";

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const findChromium = (): string | undefined =>
  [
    process.env["CHROMIUM"] ?? "",
    ...(process.env["PATH"] ?? "")
      .split(path.delimiter)
      .flatMap((folder) =>
        ["chromium", "chromium-browser", "google-chrome"].map((name) => path.join(folder, name)),
      ),
    "/usr/bin/chromium",
  ].find((file) => file !== "" && isProgram(file));

const executablePath = findChromium();
const reason =
  executablePath === undefined ? " (no Chromium found: install it or set CHROMIUM)" : "";

describe.skipIf(executablePath === undefined)(`in a browser${reason}`, () => {
  let town: TestTown;
  let browser: Browser;

  beforeAll(async () => {
    town = await openTestTown();
    browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
      ],
    });
  });

  afterAll(async () => {
    await browser.close();
    await town.close();
    cleanUp();
  });

  const open = async (options: { readonly width?: number; readonly script?: boolean } = {}) => {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1100, height: 800 },
      javaScriptEnabled: options.script ?? true,
    });
    const page = await context.newPage();
    const faults: Array<string> = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(town.address) && !request.url().startsWith("data:")) {
        faults.push(`asked ${new URL(request.url()).host}`);
      }
    });
    return { page, faults };
  };

  const become = async (page: Page, person: string) => {
    await page.goto(`${town.address}/role`);
    await page.click(`button[value="${person}"]`);
  };

  test("report, receipt, follow; the chief accepts and settles; the timeline tells it", async () => {
    const resident = await open({ width: 390 });
    await resident.page.goto(town.address);
    await resident.page.getByLabel("发生了什么，在哪里").fill("叶口巷3号门口的路灯不亮");
    await resident.page.getByRole("button", { name: "提交" }).click();
    const code = await resident.page.getByTestId("receipt").innerText();
    expect(code).toMatch(/^\w{4}-\w{4}-\w{4}$/);

    const chief = await open();
    await become(chief.page, CHIEF);
    const mine = chief.page.getByTestId("list-handler");
    await mine.getByRole("link", { name: "公共设施维修" }).first().click();
    await expect(chief.page.getByTestId("why").innerText()).resolves.toContain("小事不出楼栋");
    await chief.page.getByRole("button", { name: "受理", exact: true }).click();
    await expect(chief.page.getByRole("status").innerText()).resolves.toBe("已完成：受理");
    await chief.page.locator("summary", { hasText: "现场办结" }).click();
    await chief.page.locator("#a-settle-words").fill("换了灯泡，亮了");
    await chief.page.locator('button[data-command="settle"]').click();
    await expect(chief.page.getByRole("status").innerText()).resolves.toBe("已完成：现场办结");

    await resident.page.goto(`${town.address}/follow`);
    await resident.page.getByLabel("查询码").fill(code);
    await resident.page.getByRole("button", { name: "凭码查询" }).click();
    const steps = await resident.page.getByTestId("timeline").locator("li").allInnerTexts();
    expect(steps.map((step) => step.split("\n")[0])).toEqual([
      expect.stringMatching(/^已登记，由叶口巷3号楼栋长负责/),
      "已受理",
      expect.stringMatching(/^叶口巷3号楼栋长已办结，等待核查/),
    ]);
    await expect(resident.page.getByText("换了灯泡，亮了").count()).resolves.toBe(1);
    expect(resident.page.url()).not.toContain(code);
    expect([...resident.faults, ...chief.faults]).toEqual([]);
  });

  test("the language switch keeps the page and changes every word and the lang attribute", async () => {
    const { page, faults } = await open();
    await become(page, CHIEF);
    await page.goto(`${town.address}/board?unit=yekou-3`);
    await page.getByRole("link", { name: "English" }).click();
    expect(new URL(page.url()).searchParams.get("unit")).toBe("yekou-3");
    await expect(page.locator("html").getAttribute("lang")).resolves.toBe("en");
    await expect(page.getByRole("heading", { level: 1 }).innerText()).resolves.toBe(
      "Board: 3 Yekou Lane",
    );
    await page.goto(`${town.address}/desk`);
    await expect(page.getByRole("heading", { level: 1 }).innerText()).resolves.toBe("My list");
    await page.getByRole("link", { name: "中文" }).click();
    await expect(page.locator("html").getAttribute("lang")).resolves.toBe("zh-CN");
    expect(faults).toEqual([]);
  });

  test("every field has a label, one h1 leads each page, nothing is wider than a phone", async () => {
    const { page } = await open({ width: 360 });
    await become(page, CHIEF);
    const issue = await page.locator(".issues .title").first().getAttribute("href");
    for (const address of ["/", "/follow", "/desk", "/record", "/board", "/role", issue ?? ""]) {
      await page.goto(`${town.address}${address}`);
      const found = await page.evaluate(() => ({
        headings: document.querySelectorAll("h1").length,
        unlabelled: [...document.querySelectorAll("input, select, textarea")].filter(
          (field) =>
            field instanceof HTMLElement &&
            !(field instanceof HTMLInputElement && field.type === "hidden") &&
            ((field as HTMLInputElement).labels?.length ?? 0) === 0,
        ).length,
        ids:
          document.querySelectorAll("[id]").length -
          new Set([...document.querySelectorAll("[id]")].map((one) => one.id)).size,
        wider: document.documentElement.scrollWidth - window.innerWidth,
      }));
      expect({ address, ...found }).toEqual({
        address,
        headings: 1,
        unlabelled: 0,
        ids: 0,
        wider: 0,
      });
    }
  });

  test("with the keyboard the first stop is the way past the menu", async () => {
    const { page } = await open();
    await page.goto(town.address);
    await page.keyboard.press("Tab");
    await expect(page.locator(":focus").innerText()).resolves.toBe("跳到正文");
    await page.keyboard.press("Enter");
    await expect(page.evaluate(() => document.activeElement?.id)).resolves.toBe("main");
  });

  test("without script the same forms work", async () => {
    const { page } = await open({ script: false });
    await page.goto(`${town.address}/?lang=en`);
    await page
      .getByLabel("What happened, and where")
      .fill("the manhole cover at 3 Yekou Lane is broken");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("button", { name: "Follow it" }).click();
    await expect(page.getByTestId("timeline").innerText()).resolves.toContain(
      "building chief of 3 Yekou Lane is accountable",
    );
  });

  test("the API page stands without any other host", async () => {
    const { page, faults } = await open();
    await page.goto(`${town.address}/api`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expect(page.getByText("/api/session").first().isVisible()).resolves.toBe(true);
    expect(faults).toEqual([]);
  });
});
