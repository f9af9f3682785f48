/**
 * Demo sessions: a signed token that names an opaque person id, and nothing else.
 *
 * This is no login. It exists so that "an actor without the post" can be refused by
 * the library exactly as in a real host, where the host's accounts stand here.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { castMember } from "../stories/cast.ts";

/** A visitor: a random id of the browser's session, and the person it plays, if any. */
export interface Visitor {
  readonly id: string;
  readonly person: string | null;
}

/** Signs and reads sessions of one data folder. */
export interface Sessions {
  /** A signed token, valid for twelve hours. */
  readonly issue: (visitor: Visitor, now: number) => string;
  /** The visitor behind a token; null when it is not ours, expired or of somebody not in the cast. */
  readonly read: (token: string, now: number) => Visitor | null;
  /** The token a form must carry to act in a visitor's name. */
  readonly formToken: (visitor: Visitor) => string;
  readonly isFormToken: (visitor: Visitor, given: string) => boolean;
}

/** How long a session lasts, in milliseconds. */
export const SESSION_MILLIS = 12 * 3_600_000;

/** Sessions under the random key kept in the data folder, which is made at the first start. */
export const openSessions = (dataFolder: string): Sessions => {
  const file = path.join(dataFolder, "session.key");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flush: true });
  chmodSync(file, 0o600);
  return sessionsUnder(readFileSync(file));
};

/** Sessions under a key of at least 32 bytes. */
export const sessionsUnder = (key: Buffer): Sessions => {
  const mac = (use: string, text: string) =>
    createHmac("sha256", key).update(`${use} ${text}`).digest("base64url");
  const formToken = (visitor: Visitor) => mac("form", `${visitor.id} ${visitor.person ?? ""}`);
  return {
    issue: (visitor, now) => {
      const body = Buffer.from(
        JSON.stringify({ v: 1, ...visitor, until: now + SESSION_MILLIS }),
      ).toString("base64url");
      return `${body}.${mac("session", body)}`;
    },
    read: (token, now) => {
      const [body = "", signature = "", rest] = token.slice(0, 600).split(".");
      if (rest !== undefined || !same(signature, mac("session", body))) return null;
      const told = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as Visitor & {
        readonly until: number;
      };
      const known = told.person === null || castMember(told.person) !== undefined;
      return known && told.until > now ? { id: told.id, person: told.person } : null;
    },
    formToken,
    isFormToken: (visitor, given) => same(given, formToken(visitor)),
  };
};

/** A visitor nobody has seen before. */
export const newVisitor = (person: string | null = null): Visitor => ({
  id: randomBytes(16).toString("base64url"),
  person,
});

const same = (given: string, wanted: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
};
