/** Requests that Node itself cannot parse never reach the application; they get a problem too. */
import type { Server } from "node:http";

/** Answers what is no HTTP, or has headers beyond Node's bound, and hangs up. */
export const answerBrokenRequests = (server: Server): void => {
  server.on("clientError", (error, socket) => {
    if (!socket.writable || socket.destroyed) return;
    const code = "code" in error ? error.code : undefined;
    const [status, phrase] =
      code === "HPE_HEADER_OVERFLOW"
        ? [431, "Request Header Fields Too Large"]
        : code === "ERR_HTTP_REQUEST_TIMEOUT"
          ? [408, "Request Timeout"]
          : [400, "Bad Request"];
    const body = JSON.stringify({
      type: "urn:linli:error:InputError",
      status,
      title: "输入有误 / The request cannot be read",
      code: "InputError",
      detail: "this is not an HTTP request the town can read",
    });
    socket.end(
      `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
};
