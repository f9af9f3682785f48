/** A real HTTP server on 127.0.0.1 that keeps what it was sent and answers as told. */
import type { OutboundMessage } from "@linli/core/ports";
import * as http from "node:http";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export type Behaviour = (response: http.ServerResponse, received: Received) => void;

export interface Receiver {
  readonly port: number;
  readonly received: Array<Received>;
  /** Resolves when a connection that had begun was closed by the other side. */
  readonly hungUp: Promise<void>;
  readonly close: () => Promise<void>;
}

export const startReceiver = (behave: Behaviour): Promise<Receiver> =>
  new Promise((resolve) => {
    const received: Array<Received> = [];
    let hangUp = () => {};
    const hungUp = new Promise<void>((done) => {
      hangUp = done;
    });
    const server = http.createServer((request, response) => {
      const chunks: Array<Buffer> = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("close", () => hangUp());
      request.on("end", () => {
        const one: Received = {
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers as Record<string, string>,
          body: Buffer.concat(chunks).toString("utf8"),
        };
        received.push(one);
        behave(response, one);
      });
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        received,
        hungUp,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });

/** Runs `use` with a receiver and closes it whatever happens. */
export const withReceiver = async <A>(
  behave: Behaviour,
  use: (receiver: Receiver) => Promise<A>,
): Promise<A> => {
  const receiver = await startReceiver(behave);
  try {
    return await use(receiver);
  } finally {
    await receiver.close();
  }
};

export const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, headers).end();
  };

/** Any fixed instant will do: nothing here reads a clock. */
export const AT = 1_780_000_000_123;

export const messageTo = (to: string, more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  deliveryId: "msg-1",
  to,
  locale: "zh",
  subject: "新事项",
  body: "井盖破损,请在两小时内查看。",
  data: { issue: "i-7", event: "issue.assigned" },
  at: AT,
  attempt: 1,
  ...more,
});
