/**
 * Starting the town: data, services, HTTP server and the worker behind it, in one
 * scope, so that closing it ends everything in the reverse order - the requests under
 * way first, the storage last.
 */
import { NodeHttpServer } from "@effect/platform-node";
import type { StorageError } from "@linli/core/ports";
import * as Cause from "effect/Cause";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { HttpRouter, HttpServer } from "effect/http";
import { HttpApiBuilder } from "effect/http-api";
import * as Layer from "effect/Layer";
import * as Scope from "effect/Scope";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { apiPage } from "../api/apiPage.ts";
import { TownApi } from "../api/endpoints.ts";
import { apiHandlers } from "../api/handlers.ts";
import { failurePages } from "../pages/failure.ts";
import { pageRoutes, PAGE_ROUTES } from "../pages/routes.ts";
import { guarded } from "./guard.ts";
import { logLayer, type WriteLine } from "./logs.ts";
import { answerBrokenRequests } from "./rawErrors.ts";
import { apiRoutes, routeTable } from "./routes.ts";
import { StartFault, type TownSettings } from "./settings.ts";
import { openTown, type Town } from "./town.ts";
import { settleDue } from "./work.ts";

/** A town that runs. */
export interface RunningTown {
  readonly town: Town;
  /** Such as `http://127.0.0.1:4870`. */
  readonly address: string;
  /** Lets requests under way finish, then closes the storage. Within four seconds. */
  readonly close: () => Promise<void>;
}

/** How to start; `log` and `notify` take lines that would go to stderr and stdout. */
export interface StartOptions extends TownSettings {
  readonly log?: WriteLine;
  readonly notify?: WriteLine;
  readonly machineTime?: () => number;
}

/** How often due clocks are fired and boards brought up to date. */
const WORK_EVERY = Duration.seconds(2);
/** Requests under way get this long at the end; then their connections are cut. */
const LAST_REQUESTS_MILLIS = 3000;

/**
 * Starts a town.
 *
 * @throws StartFault when the port is taken or the data folder is in use.
 */
export const startTown = async (options: StartOptions): Promise<RunningTown> => {
  const scope = await Effect.runPromise(Scope.make());
  const logs = logLayer(options.log ?? ((line) => process.stderr.write(`${line}\n`)));
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 });
  answerBrokenRequests(server);
  const exit = await Effect.runPromiseExit(
    build(options, server).pipe(Scope.provide(scope), Effect.provide(logs)),
  );
  if (Exit.isFailure(exit)) {
    await Effect.runPromise(Scope.close(scope, exit));
    throw faultOf(exit.cause, options);
  }
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= closeAll(server, scope);
    return closing;
  };
  return { town: exit.value, address: addressOf(server, options.host), close };
};

const build = Effect.fnUntraced(function* (options: StartOptions, server: Server) {
  const town = yield* openTown(options);
  yield* Effect.forkScoped(worker(town));
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(TownApi, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide(apiHandlers(town)),
    ),
    apiPage,
    pageRoutes(town),
  );
  const http = yield* Layer.build(
    NodeHttpServer.layer(() => server, {
      port: options.port,
      host: options.host,
      gracefulShutdownTimeout: Duration.millis(LAST_REQUESTS_MILLIS),
    }),
  );
  yield* Effect.gen(function* () {
    const app = yield* HttpRouter.toHttpEffect(routes);
    const table = routeTable([...apiRoutes(), ...PAGE_ROUTES]);
    yield* HttpServer.serveEffect(guarded(app, table, failurePages));
  }).pipe(Effect.provideContext(http));
  return town;
});

// A failed pass is logged and tried again at the next: the library keeps what is due.
const worker = (town: Town) =>
  settleDue(town.linli).pipe(
    Effect.catchCause((cause) => Effect.logError("background work failed", cause)),
    Effect.andThen(Effect.sleep(WORK_EVERY)),
    Effect.forever,
  );

const closeAll = async (server: Server, scope: Scope.Closeable): Promise<void> => {
  const cut = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MILLIS);
  try {
    await Effect.runPromise(Scope.close(scope, Exit.void));
  } finally {
    clearTimeout(cut);
  }
};

const addressOf = (server: Server, host: string): string => {
  const { port } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
};

const faultOf = (cause: Cause.Cause<unknown>, options: TownSettings): unknown => {
  const found = findFault(cause);
  if (found instanceof StartFault) return found;
  if (found === null) return Cause.squash(cause);
  const { code, reason } = found as { readonly code?: unknown; readonly reason?: unknown };
  if (code === "EADDRINUSE") {
    return new StartFault({
      zh: `端口 ${options.port} 已被占用：换一个端口（PORT=4871 npm start），或先停下占用它的程序。`,
      en: `Port ${options.port} is in use: choose another (PORT=4871 npm start), or stop the program that has it.`,
    });
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new StartFault({
      zh: `无法在 ${options.host}:${options.port} 上监听；请检查 HOST 和 PORT。`,
      en: `Cannot listen on ${options.host}:${options.port}; check HOST and PORT.`,
    });
  }
  return reason === undefined ? found : storageFault(found as StorageError, options);
};

const storageFault = (error: StorageError, { dataFolder }: TownSettings): StartFault =>
  error.reason === "Locked"
    ? new StartFault({
        zh: `数据目录 ${dataFolder} 正被另一个进程使用：请先停下它，或用 LINLI_DATA 指定另一个目录。`,
        en: `The data folder ${dataFolder} is in use by another process: stop that one first, or name another folder with LINLI_DATA.`,
      })
    : new StartFault({
        zh: `无法打开数据（${error.reason}）：${dataFolder}。`,
        en: `The data cannot be opened (${error.reason}): ${error.detail}. Folder: ${dataFolder}.`,
      });

// Node's own error lies inside Effect's; the innermost one says what happened.
const findFault = (cause: Cause.Cause<unknown>): object | null => {
  const queue: Array<unknown> = [Cause.squash(cause)];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    if (typeof at !== "object" || at === null) continue;
    if (at instanceof StartFault || ("code" in at && typeof at.code === "string")) return at;
    if ("_tag" in at && at._tag === "StorageError") return at;
    if ("cause" in at) queue.push(at.cause);
  }
  return null;
};
