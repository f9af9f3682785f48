/** The pages without any script: forms as a browser sends them, in both languages. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHIEF, COMMITTEE, RESIDENT } from "../src/stories/cast.ts";
import { dueState } from "../src/pages/show.ts";
import { html } from "../src/pages/html.ts";
import { cleanUp, openBrowser as browserOf, openTestTown, type TestTown } from "./support.ts";

let town: TestTown;

beforeAll(async () => {
  town = await openTestTown();
});

afterAll(async () => {
  await town.close();
  cleanUp();
});

const openBrowser = () => browserOf(town);

test("report, follow, accept, settle, read: all of it without script", async () => {
  const resident = openBrowser();
  await resident.go("/");
  expect(resident.page()).toContain('href="tel:119"');
  const sent = await resident.send("/report", { words: "叶口巷3号二楼楼道灯坏了" });
  expect(sent.status).toBe(201);
  const code = resident.textOf("receipt");
  expect(code).toMatch(/^\w{4}-\w{4}-\w{4}$/);
  expect(resident.page()).toContain("叶口巷3号楼栋长");

  await resident.send("/follow", { code: code.toLowerCase() });
  expect(resident.page()).toContain("小事不出楼栋");
  const issue = /<code>([^<]+)<\/code>/.exec(resident.page())?.[1] ?? "";

  const chief = openBrowser();
  await chief.go("/role");
  await chief.send("/role", { person: CHIEF });
  expect(chief.page()).toContain(`/issues/${issue}`);
  await chief.go(`/issues/${issue}`);
  expect(chief.page()).toMatch(/现在不能做的，及原因/);
  await chief.send(`/issues/${issue}/act`, { type: "accept" });
  expect(chief.page()).toContain("已完成：受理");
  await chief.send(`/issues/${issue}/act`, { type: "resolve", words: "换了灯泡" });
  expect(chief.page()).toContain("已完成：办结");

  await resident.send("/follow", { code });
  expect(resident.page()).toContain("换了灯泡");
  await resident.send(`/issues/${issue}/act`, {
    receipt: code,
    type: "followUp",
    reached: "true",
    resolved: "true",
    rating: "5",
  });
  expect(resident.page()).toContain("核查通过");
});

test("the form sent twice reports once", async () => {
  const browser = openBrowser();
  await browser.go("/");
  const form = {
    token: browser.hidden("token"),
    command: browser.hidden("command"),
    words: "叶口巷3号单元门关不上",
  };
  await browser.go("/report", form);
  const first = browser.textOf("receipt");
  await browser.go("/report", form);
  expect(browser.textOf("receipt")).toBe(first);
});

test("a refused step says why and what is open instead", async () => {
  const browser = openBrowser();
  await browser.go("/role");
  await browser.send("/role", { person: COMMITTEE });
  await browser.go("/board?unit=yekou-3");
  const issue = /\/issues\/([^"]+)"/.exec(browser.page())?.[1] ?? "";
  await browser.go(`/issues/${issue}`);
  const refused = await browser.send(`/issues/${issue}/act`, { type: "accept" });
  expect(refused.status).toBe(409);
  expect(browser.page()).toContain("没有办成：此操作由其他岗位负责");
  expect(browser.page()).toContain("现在可以：");
});

test("hostile words are shown as words", async () => {
  const browser = openBrowser();
  await browser.go("/role");
  await browser.send("/role", { person: RESIDENT });
  const words = `叶口巷3号灯坏了 <script>alert(1)</script> "><img src=x onerror=alert(1)> '\``;
  await browser.go("/");
  await browser.send("/report", { words });
  await browser.send("/follow", { code: browser.textOf("receipt") });
  expect(browser.page()).not.toMatch(/<script>|<img/);
  expect(browser.page()).toContain("&#60;script&#62;alert(1)");
  for (const path of ["/board?unit=%3Cscript%3E", "/desk?handler=%22%3E%3Cb%3E", "/%3Cimg%3E"]) {
    await browser.go(path);
    expect(browser.page()).not.toMatch(/<script>|<img|"><b>/);
  }
});

test("a hostile form is refused as a page that says so, and changes nothing", async () => {
  const browser = openBrowser();
  await browser.go("/");
  const token = browser.hidden("token");
  const count = async () => (await fetch(`${town.address}/api/units/xinan/count`)).text();
  const before = await count();
  const fields = Array.from({ length: 200 }, (_, i) => [`f${i}`, "1"]);
  const forms: ReadonlyArray<readonly [Record<string, string>, ReadonlyArray<number>]> = [
    [{ words: "a\u0000b" }, [400]],
    [{ words: "a\u0007b" }, [400]],
    [{ words: "x".repeat(10_000_000) }, [400, 413]],
    [{ words: "长".repeat(4001) }, [400]],
    [{ words: "灯坏了", ...Object.fromEntries(fields) }, [400]],
    [{ words: "灯坏了", category: "__proto__" }, [400]],
    [{ words: "灯坏了", command: "x".repeat(100) }, [400]],
  ];
  for (const [form, statuses] of forms) {
    const answer = await browser.go("/report", { token, ...form });
    expect(statuses).toContain(answer.status);
    expect(browser.page()).toMatch(/<html lang="zh-CN">[\s\S]*href="tel:110"/);
    expect(browser.page()).not.toMatch(/x{1000}/);
  }
  const json = await fetch(`${town.address}/report`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"words":"灯坏了"}',
  });
  expect(json.status).toBe(400);
  expect(await count()).toBe(before);
});

test("pages forbid inline script, framing and sniffing", async () => {
  for (const path of ["/", "/follow", "/desk", "/board", "/role", "/nothing"]) {
    const response = await fetch(`${town.address}${path}`);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    const text = await response.text();
    expect(text).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style="/);
    expect(text).toMatch(/<html lang="zh-CN">/);
  }
});

test("a form that is not ours is refused: no cookie, no token, another's token", async () => {
  const [mine, other] = [openBrowser(), openBrowser()];
  await mine.go("/");
  await other.go("/");
  const words = "叶口巷3号灯坏了";
  const before = await (await fetch(`${town.address}/api/units/xinan/count`)).json();
  expect((await mine.go("/report", { words })).status).toBe(403);
  await mine.go("/");
  await other.go("/");
  expect((await mine.go("/report", { words, token: other.hidden("token") })).status).toBe(403);
  const bare = await fetch(`${town.address}/report`, {
    method: "POST",
    body: new URLSearchParams({ words, token: mine.hidden("token") }),
  });
  expect(bare.status).toBe(403);
  expect(await bare.text()).toContain('href="tel:110"');
  expect(await (await fetch(`${town.address}/api/units/xinan/count`)).json()).toEqual(before);
});

test("a cookie of another key, or with another person in it, is nobody's", async () => {
  const browser = openBrowser();
  await browser.go("/role");
  await browser.send("/role", { person: RESIDENT });
  const [body = "", signature = ""] = (browser.cookies.get("linli_demo") ?? "").split(".");
  const told = JSON.parse(Buffer.from(body, "base64url").toString());
  const forged = Buffer.from(JSON.stringify({ ...told, person: CHIEF })).toString("base64url");
  browser.cookies.set("linli_demo", `${forged}.${signature}`);
  await browser.go("/desk");
  expect(browser.page()).toContain("未选身份");
});

test("every page is there in English, and the choice is kept", async () => {
  const browser = openBrowser();
  await browser.go("/?lang=en");
  expect(browser.page()).toContain('<html lang="en">');
  expect(browser.page()).toContain("Report an issue");
  await browser.go("/role");
  await browser.send("/role", { person: CHIEF });
  for (const path of ["/", "/follow", "/desk", "/record", "/board", "/role", "/nothing"]) {
    await browser.go(path);
    const visible = browser
      .page()
      // What people wrote stays in their language.
      .replace(/<p class="excerpt">[^<]*</g, "<")
      .replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, " ")
      .replaceAll("中文", "")
      .replaceAll("叶口巷3号门口的窨井盖破了", "");
    expect(visible, path).not.toMatch(/\p{Script=Han}/u);
  }
  await browser.go("/?lang=zh");
  expect(browser.page()).toContain("反映一个问题");
});

test("what was written stays in the form when it cannot be sent, with what to correct", async () => {
  const browser = openBrowser();
  await browser.go("/");
  const blank = await browser.send("/report", {
    words: "   ",
    place: "金德花园<12>号楼",
    category: "cleaning",
  });
  expect(blank.status).toBe(400);
  expect(browser.page()).toContain("请写几个字，说明发生了什么");
  expect(browser.page()).toContain('value="金德花园&#60;12&#62;号楼"');
  expect(browser.page()).toMatch(/<option value="cleaning"\s+selected>/);
  const stale = await browser.go("/report", { words: "叶口巷3号<灯>坏了", token: "old" });
  expect(stale.status).toBe(403);
  expect(browser.page()).toContain("叶口巷3号&#60;灯&#62;坏了</textarea");
  const again = await browser.send("/report", { words: "叶口巷3号灯坏了" });
  expect(again.status).toBe(201);
});

test("after a report it is said how it was understood, and when the place was not", async () => {
  const browser = openBrowser();
  await browser.go("/");
  await browser.send("/report", { words: "叶口巷3号门口堆了垃圾" });
  expect(browser.page()).toContain("环境卫生");
  expect(browser.page()).not.toContain("没有认出地点");
  await browser.go("/");
  await browser.send("/report", { words: "路边有一盏灯不亮" });
  expect(browser.page()).toContain("没有认出地点");
  // The numbers stay in sight on every page, this one too.
  expect(browser.page()).toContain('href="tel:110"');
});

test("words of a place that nobody knows are read by whoever follows the issue", async () => {
  const browser = openBrowser();
  await browser.go("/");
  await browser.send("/report", { words: "有一盏灯不亮", place: "老锅炉房<后面>" });
  expect(browser.page()).toContain("没有认出地点");
  await browser.send("/follow", { code: browser.textOf("receipt") });
  expect(browser.page()).toContain("地点：老锅炉房&#60;后面&#62;");
});

test("danger is heard in both languages, whatever else the words name", async () => {
  for (const words of ["叶口巷3号消防通道堆物着火了", "3 Yekou Lane: fire on the third floor"]) {
    const browser = openBrowser();
    await browser.go("/");
    await browser.send("/report", { words });
    expect(browser.page()).toMatch(/请先拨打\s*<a href="tel:119"/);
  }
});

test("a chief writes down what was settled, and reports for somebody without a telephone", async () => {
  const browser = openBrowser();
  await browser.go("/record");
  await browser.send("/record", { words: "x", unit: "叶口巷3号", settledAt: "2026-01-05T10:00" });
  expect(browser.page()).toContain("此操作由其他岗位负责");
  await browser.go("/role");
  await browser.send("/role", { person: CHIEF });
  await browser.go("/record");
  const wrong = await browser.send("/record", {
    words: "修好了门",
    unit: "叶口巷3号",
    settledAt: "x",
  });
  expect(wrong.status).toBe(400);
  expect(browser.page()).toContain("修好了门</textarea");
  await browser.send("/record", {
    words: "修好了门",
    unit: "叶口巷3号",
    settledAt: "2026-01-05T10:00",
  });
  expect(browser.page()).toContain("已完成：补录已办");
  expect(browser.page()).toContain("2026-01-05 10:00已现场办结");
  await browser.go("/");
  expect(browser.page()).toContain('value="proxy"');
  await browser.send("/report", { words: "叶口巷3号独居老人家灯坏了", how: "proxy" });
  expect(browser.textOf("receipt")).toMatch(/^\w{4}-\w{4}-\w{4}$/);
});

test("a list tells issues of one kind apart by what was said, to those who may read it", async () => {
  const browser = openBrowser();
  await browser.go("/");
  await browser.send("/report", { words: "叶口巷3号四楼的灯一闪一闪" });
  await browser.go("/board?unit=yekou-3");
  expect(browser.page()).not.toContain("一闪一闪");
  await browser.go("/role");
  await browser.send("/role", { person: CHIEF });
  expect(browser.page()).toContain("一闪一闪");
});

test("an emergency is answered with numbers even when the report is refused", async () => {
  const browser = openBrowser();
  await browser.go("/");
  const refused = await browser.send("/report", { words: "叶口巷3号着火了", category: "nonsense" });
  expect(refused.status).toBe(409);
  expect(browser.page()).toContain('href="tel:119"');
});

test("a due instant is marked when it is near and when it is past", () => {
  expect(dueState(1000, 1000)).toBe("overdue");
  expect(dueState(999, 1000)).toBe("overdue");
  expect(dueState(1001, 1000)).toBe("soon");
  expect(dueState(1000 + 86_400_000, 1000)).toBe("later");
});

test("templates escape whatever is not HTML already", () => {
  const hostile = `<>&"'\``;
  expect(html`<b title="${hostile}">${hostile}</b>${null}${false}${[html`<i>`, "<"]}`.text).toBe(
    '<b title="&#60;&#62;&#38;&#34;&#39;&#96;">&#60;&#62;&#38;&#34;&#39;&#96;</b><i>&#60;',
  );
});
