/** A running town for tests: a real server on a free port, its data in a folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningTown, startTown } from "../src/server/start.ts";

/** A town with what it logged. */
export interface TestTown extends RunningTown {
  readonly logs: Array<string>;
  readonly notices: Array<string>;
  readonly dataFolder: string;
}

/** A folder that is removed by {@link cleanUp}. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), "linli-town-"));
  folders.push(folder);
  return folder;
};

/** Removes the folders of this file's tests. */
export const cleanUp = (): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};

const folders: Array<string> = [];

/** Starts a town on a free port. */
export const openTestTown = async (dataFolder = temporaryFolder()): Promise<TestTown> => {
  const logs: Array<string> = [];
  const notices: Array<string> = [];
  const running = await startTown({
    port: 0,
    host: "127.0.0.1",
    dataFolder,
    sealEveryMillis: 600_000,
    log: (line) => logs.push(line),
    notify: (line) => notices.push(line),
  });
  return { ...running, logs, notices, dataFolder };
};

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read into answers freely, and each expectation names what it needs.
  readonly body: any;
}

/** One request to the API. */
export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks the API of a town. */
export const ask = async (town: { readonly address: string }, one: Ask): Promise<Answer> => {
  const text = one.raw ?? (one.body === undefined ? undefined : JSON.stringify(one.body));
  const response = await fetch(`${town.address}${one.path}`, {
    method: one.method ?? (text === undefined ? "GET" : "POST"),
    redirect: "manual",
    headers: {
      ...(text === undefined ? {} : { "content-type": "application/json" }),
      ...(one.token === undefined ? {} : { authorization: `Bearer ${one.token}` }),
      ...one.headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const type = response.headers.get("content-type") ?? "";
  const content = await response.text();
  return {
    status: response.status,
    type,
    headers: response.headers,
    body: type.includes("json") ? JSON.parse(content) : content,
  };
};

/** A demo session's token. */
export const tokenOf = async (
  town: { readonly address: string },
  person: string,
): Promise<string> => {
  const { body } = await ask(town, { path: "/api/session", body: { person } });
  return String(body.token);
};

/** A browser without script: keeps cookies, reads hidden fields, sends forms. */
export const openBrowser = (town: { readonly address: string }) => {
  const cookies = new Map<string, string>();
  let page = "";
  const go = async (path: string, form?: Readonly<Record<string, string>>): Promise<Response> => {
    const response = await fetch(new URL(path, town.address), {
      method: form === undefined ? "GET" : "POST",
      redirect: "manual",
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location !== null) return go(location);
    page = await response.text();
    return response;
  };
  const hidden = (name: string) =>
    new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(page)?.[1] ?? "";
  return {
    go,
    send: (path: string, form: Readonly<Record<string, string>>) =>
      go(path, { token: hidden("token"), command: hidden("command"), ...form }),
    hidden,
    cookies,
    page: () => page,
    textOf: (testId: string) =>
      new RegExp(`data-testid="${testId}"[^>]*>([^<]*)`).exec(page)?.[1] ?? "",
  };
};
