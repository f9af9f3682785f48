/** A TCP proxy in front of the server, whose lines can be cut or fall silent. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Proxy {
  readonly port: number;
  /** Ends all lines at once. */
  readonly cut: () => void;
  /** From now on nothing passes, in neither direction, and nobody is told. */
  readonly fallSilent: () => void;
  /** New lines work again; those that fell silent stay so. */
  readonly recover: () => void;
  /** Lets a request through and ends the line before its answer comes back, perhaps after something else. */
  readonly cutBeforeAnswer: (after?: () => Promise<unknown>) => void;
  readonly close: () => Promise<void>;
}

/** Opens a proxy to a port of this machine. */
export const openProxy = async (target: number): Promise<Proxy> => {
  const lines = new Set<Line>();
  let silent = false;
  let losing: (() => Promise<unknown>) | null = null;
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const line: Line = { client, upstream, silent, losing: false };
    lines.add(line);
    const end = () => {
      if (line.silent) return;
      lines.delete(line);
      client.destroy();
      upstream.destroy();
    };
    client.on("data", (chunk) => line.silent || upstream.write(chunk));
    upstream.on("data", (chunk) => {
      if (line.silent) return;
      if (losing !== null) {
        void losing().then(end);
        losing = null;
        line.losing = true;
      }
      if (line.losing) return;
      client.write(chunk);
    });
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const destroyAll = () => {
    for (const { client, upstream } of lines) {
      client.destroy();
      upstream.destroy();
    }
    lines.clear();
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut: destroyAll,
    fallSilent: () => {
      silent = true;
      for (const line of lines) line.silent = true;
    },
    recover: () => {
      silent = false;
    },
    cutBeforeAnswer: (after = () => Promise.resolve()) => {
      losing = after;
    },
    close: async () => {
      destroyAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

interface Line {
  readonly client: Socket;
  readonly upstream: Socket;
  silent: boolean;
  /** Its answer is not passed on any more. */
  losing: boolean;
}
