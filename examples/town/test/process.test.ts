/** The town as a process: it keeps what it acknowledged, ends cleanly, and shares its data with nobody. */
import * as Effect from "effect/Effect";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, expect, test } from "vitest";
import { CHIEF } from "../src/stories/cast.ts";
import { ask, cleanUp, openTestTown, temporaryFolder, tokenOf } from "./support.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

const children: Array<ChildProcess> = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(cleanUp);

interface Started {
  readonly child: ChildProcess;
  readonly address: string;
  readonly output: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

const launch = (dataFolder: string, port = "0") => {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, LINLI_DATA: dataFolder, PORT: port, HOST: "127.0.0.1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let text = "";
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal })),
  );
  const ready = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text);
        if (found !== null && text.includes("Ctrl-C stops it")) resolve(found[0]);
      });
    }
  });
  return { child, ended, output: () => text, ready };
};

const start = async (dataFolder: string): Promise<Started> => {
  const { ready, ...rest } = launch(dataFolder);
  const address = await Promise.race([
    ready,
    rest.ended.then(() => {
      throw new Error(`the town ended before it stood: ${rest.output()}`);
    }),
  ]);
  return { ...rest, address };
};

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
};

const report = (town: { readonly address: string }, words: string) =>
  ask(town, { path: "/api/issues", body: { type: "report", words } });

/** Stories that have ended and that everybody may know of. */
const PUBLIC_ENDED = 4;

test("SIGTERM ends it with code 0 within five seconds, and the next start keeps everything", async () => {
  const dataFolder = temporaryFolder();
  const first = await start(dataFolder);
  const { body } = await report(first, "叶口巷3号楼道灯不亮");
  const asked = performance.now();
  first.child.kill("SIGTERM");
  expect(await first.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - asked).toBeLessThan(5000);

  const second = await start(dataFolder);
  const followed = await ask(second, { path: "/api/follow", body: { code: body.receiptCode } });
  expect(followed.body.issue.id).toBe(body.issue);
  // The stories are told once, at the first start.
  expect(second.output()).not.toContain("receipt code");
  const { body: count } = await ask(second, { path: "/api/units/xinan/count?state=final" });
  expect(count.count).toBe(PUBLIC_ENDED);
  second.child.kill("SIGINT");
  expect(await second.ended).toEqual({ code: 0, signal: null });
});

test("kill -9, and what was acknowledged is there", async () => {
  const dataFolder = temporaryFolder();
  const first = await start(dataFolder);
  const kept: Array<string> = [];
  for (let i = 0; i < 5; i += 1) {
    const { body } = await report(first, `叶口巷3号第${i}盏灯不亮`);
    kept.push(body.receiptCode);
  }
  first.child.kill("SIGKILL");
  expect((await first.ended).signal).toBe("SIGKILL");
  const second = await start(dataFolder);
  for (const code of kept) {
    expect((await ask(second, { path: "/api/follow", body: { code } })).status).toBe(200);
  }
});

test("a first start that is killed has told all of its stories or none", async () => {
  const dataFolder = temporaryFolder();
  const first = launch(dataFolder);
  // The key is made between opening the storage and the first story. Stories told commit by
  // commit would let the log grow step by step; told at once, it grows when they are complete.
  await until(() => existsSync(path.join(dataFolder, "session.key")));
  let standing = false;
  void first.ready.then(() => (standing = true));
  const sizes = new Set<number>();
  await until(
    () => sizes.add(statSync(path.join(dataFolder, "town.db-wal")).size).size > 6 || standing,
  );
  first.child.kill("SIGKILL");
  expect((await first.ended).signal).toBe("SIGKILL");
  const town = await openTestTown(dataFolder);
  try {
    const { body } = await ask(town, { path: "/api/units/xinan/count?state=final" });
    expect(body.count).toBe(PUBLIC_ENDED);
  } finally {
    await town.close();
  }
});

test("a second start on the same data is refused in one sentence of each language", async () => {
  const dataFolder = temporaryFolder();
  const first = await start(dataFolder);
  const second = launch(dataFolder);
  expect((await second.ended).code).toBe(1);
  expect(second.output()).toContain("正被另一个进程使用");
  expect(second.output()).toContain("is in use by another process");
  expect(second.output().trim().split("\n")).toHaveLength(2);
  expect((await ask(first, { path: "/api/now" })).status).toBe(200);
});

test("a port in use, and one that is none, are said plainly", async () => {
  const town = await openTestTown();
  try {
    const taken = launch(temporaryFolder(), new URL(town.address).port);
    expect((await taken.ended).code).toBe(1);
    expect(taken.output()).toMatch(/端口 \d+ 已被占用/);
    expect(taken.output()).toMatch(/Port \d+ is in use/);
    expect(taken.output()).not.toContain("    at ");
    const wrong = launch(temporaryFolder(), "http");
    expect((await wrong.ended).code).toBe(1);
    expect(wrong.output()).toContain("PORT must be a whole number");
  } finally {
    await town.close();
  }
});

test("a request under way is answered before the town ends", async () => {
  const town = await openTestTown();
  const { hostname, port } = new URL(town.address);
  const body = JSON.stringify({ type: "report", words: "叶口巷3号灯不亮" });
  const answered = await new Promise<string>((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST /api/issues HTTP/1.1\r\nHost: town\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`,
      );
      // The town begins to end while the body is still on its way.
      setTimeout(() => {
        void town.close();
        setTimeout(() => socket.write(body), 100);
      }, 100);
    });
    socket.setEncoding("utf8").on("data", (part) => (text += part));
    socket.on("end", () => resolve(text)).on("error", reject);
  });
  expect(answered).toMatch(/^HTTP\/1\.1 201 /);
  await town.close();
});

test("nothing anybody wrote, no person and no receipt code is in a log or notice", async () => {
  const town = await openTestTown();
  try {
    const secret = "叶口巷3号 四零二室 电话13900000000";
    const token = await tokenOf(town, CHIEF);
    const { body } = await report(town, secret);
    await ask(town, { path: "/api/follow", body: { code: body.receiptCode } });
    await ask(town, { path: `/api/issues/${body.issue}`, token });
    await ask(town, { path: `/api/units?words=${encodeURIComponent(secret)}` });
    await ask(town, { path: `/api/issues/${encodeURIComponent(secret)}`, token });
    await report(town, `${secret}\u0000`);
    await fetch(`${town.address}/follow?code=${body.receiptCode}`);
    await ask(town, {
      path: `/api/issues/${body.issue}/act`,
      token,
      body: { type: "settle", words: secret },
    });
    await Effect.runPromise(town.town.linli.runDue());
    expect(town.notices.length).toBeGreaterThan(0);
    const logs = town.logs.join("\n");
    expect(town.logs.length).toBeGreaterThan(8);
    for (const line of town.logs) expect(JSON.parse(line)).toHaveProperty("level");
    for (const text of [logs, town.notices.join("\n")]) {
      expect(text).not.toContain("四零二室");
      expect(text).not.toContain("13900000000");
      expect(text).not.toContain(encodeURIComponent("四零二室"));
      expect(text).not.toContain(body.receiptCode);
      expect(text).not.toContain(token);
    }
    expect(logs).not.toContain(CHIEF);
    expect(logs).toContain('"route":"/api/issues/:issue/act"');
  } finally {
    await town.close();
  }
});

test("when nothing can be saved the numbers to call are shown all the same", async () => {
  const town = await openTestTown();
  const words = "叶口巷3号三楼着火了";
  const page = await fetch(town.address);
  const cookie = page.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const token = /name="token"\s+value="([^"]*)"/.exec(await page.text())?.[1] ?? "";
  // Somebody else's program holds the file's lock, so no commit can be made.
  const other = new DatabaseSync(path.join(town.dataFolder, "town.db"));
  other.exec("BEGIN IMMEDIATE");
  try {
    const [refused, shown] = await Promise.all([
      report(town, words),
      fetch(`${town.address}/report`, {
        method: "POST",
        headers: { cookie },
        body: new URLSearchParams({ token, words }),
      }),
    ]);
    expect(refused).toMatchObject({
      status: 503,
      body: {
        type: "urn:linli:error:StorageError",
        emergency: { numbers: expect.arrayContaining(["119"]) },
      },
    });
    expect(shown.status).toBe(503);
    const text = await shown.text();
    expect(text).toContain('href="tel:119"');
    expect(text).toContain("没有保存");
  } finally {
    other.exec("ROLLBACK");
    other.close();
  }
  expect((await report(town, words)).status).toBe(201);
  await town.close();
});

test("the data folder's key is for its owner only", async () => {
  const town = await openTestTown();
  await town.close();
  expect(statSync(path.join(town.dataFolder, "session.key")).mode & 0o777).toBe(0o600);
});
