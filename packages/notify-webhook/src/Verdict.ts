/**
 * What an answer, or the lack of one, means for the message.
 *
 * Details are made of fixed words, status codes and error codes only: texts of
 * errors and of answers may hold the address, which may itself be a secret.
 */
import type { DeliveryReceipt, NotifyReason } from "@linli/core/ports";
import { NotifyError } from "@linli/core/ports";
import * as Result from "effect/Result";
import { NOT_PUBLIC } from "./Target.ts";
import { TargetRefused } from "./Transport.ts";

export const CHANNEL = "webhook";

/**
 * 2xx is taken; 410 ends the subscription; redirects and other 4xx will not get
 * better by themselves; 408 and 5xx may. `at` (epoch milliseconds) is the instant
 * a `Retry-After` date is counted from.
 */
export const verdictOf = (
  status: number,
  retryAfter: string | null,
  at: number,
): Result.Result<DeliveryReceipt, NotifyError> => {
  if (status >= 200 && status < 300) return Result.succeed({ providerId: null });
  const wait = retryAfterMillis(retryAfter, at);
  return Result.fail(failure(reasonOf(status), detailOf(status), wait));
};

/** A request that ended without an answer. */
export const connectionFailure = (cause: unknown): NotifyError => {
  if (cause instanceof TargetRefused) return failure("Rejected", NOT_PUBLIC);
  const code = codeOf(cause);
  return failure("Unreachable", `no answer from the receiver${code === "" ? "" : ` (${code})`}`);
};

/** An error of this channel. */
export const failure = (
  reason: NotifyReason,
  detail: string,
  retryAfter: number | null = null,
): NotifyError =>
  new NotifyError({
    reason,
    channel: CHANNEL,
    detail,
    ...(retryAfter === null ? {} : { retryAfterMillis: retryAfter }),
  });

/**
 * The wait a `Retry-After` header asks for, in milliseconds: seconds or an HTTP
 * date (RFC 9110, 10.2.3), at most a day so that no receiver can park a message
 * for good; null when there is none or it cannot be read.
 */
export const retryAfterMillis = (header: string | null, at: number): number | null => {
  if (header === null) return null;
  const text = header.trim();
  const wait = /^\d{1,12}$/.test(text)
    ? Number(text) * 1000
    : HTTP_DATE.test(text)
      ? Date.parse(text) - at
      : Number.NaN;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), DAY_MILLIS);
};

// Private

const DAY_MILLIS = 86_400_000;

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

const reasonOf = (status: number): NotifyReason => {
  if (status === 401 || status === 403) return "Unauthorized";
  if (status === 408) return "Timeout";
  if (status === 410) return "RecipientGone";
  if (status === 429) return "RateLimited";
  return status >= 500 ? "Unreachable" : "Rejected";
};

const detailOf = (status: number): string =>
  status >= 300 && status < 400
    ? `the receiver answered ${status}; redirects are not followed, register the final URL`
    : `the receiver answered ${status}`;

/** The error code of Node or OpenSSL; fetch keeps it one `cause` down. */
const codeOf = (cause: unknown): string => {
  for (const error of [cause, cause instanceof Error ? cause.cause : undefined]) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") {
      if (/^[A-Z][A-Z0-9_]{1,63}$/.test(error.code)) return error.code;
    }
  }
  return "";
};
