/**
 * Which addresses a webhook may be sent to.
 *
 * Receivers type in URLs, so a URL may try to reach what only this server can
 * reach: a metadata service, a database, a neighbour's console. Public https
 * addresses are open; everything else must be listed by whoever runs the server.
 * Names are judged twice, when the URL is read and when their addresses are known,
 * because a name may be pointed elsewhere between the two (DNS rebinding).
 */
import * as Result from "effect/Result";
import { BlockList, isIP } from "node:net";

export interface TargetOptions {
  /**
   * Hosts that may be reached although they are not public: host names, addresses
   * or networks (`hooks.town.example`, `10.20.0.7`, `10.20.0.0/16`, `fd00:12::/32`).
   * A listed name is trusted wherever it points; a listed network is trusted
   * whichever name points into it.
   */
  readonly allowHosts?: ReadonlyArray<string>;
  /** Opens every private address. For tests and closed networks only; default false. */
  readonly allowPrivate?: boolean;
  /** Permits `http:` to hosts in `allowHosts` (any host with `allowPrivate`); default false. */
  readonly allowHttp?: boolean;
  /** A further condition of the host application: false refuses the URL. */
  readonly allow?: (url: URL) => boolean;
}

export interface TargetGuard {
  /** The URL if it may be sent to, else why not; the reason never quotes it. */
  readonly check: (to: string) => Result.Result<URL, string>;
  /** Whether a connection to `address` may be opened in the name of `host`. */
  readonly mayConnect: (host: string, address: string) => boolean;
}

/** A guard for these options, or which entry of `allowHosts` cannot be read. */
export const makeTargetGuard = (options: TargetOptions): Result.Result<TargetGuard, string> => {
  const listed = parseHosts(options.allowHosts ?? []);
  if (Result.isFailure(listed)) return Result.fail(listed.failure);
  const { names, networks } = listed.success;
  const open = options.allowPrivate === true;

  const isListed = (host: string): boolean =>
    names.has(host) || (isIP(host) !== 0 && within(networks, host));
  const mayConnect = (host: string, address: string): boolean =>
    open || names.has(host) || within(networks, address) || isPublicAddress(address);

  const check = (to: string): Result.Result<URL, string> => {
    const url = to.length <= MAX_URL_LENGTH ? parseUrl(to) : null;
    if (url === null) return Result.fail("the address is not a URL of at most 2048 characters");
    const host = hostOf(url);
    if (url.protocol !== "https:") {
      if (url.protocol !== "http:") return Result.fail("the address is not an https URL");
      if (options.allowHttp !== true || !(open || isListed(host))) {
        return Result.fail("plain http is open to hosts in allowHosts only, with allowHttp set");
      }
    }
    if (url.username !== "" || url.password !== "") {
      return Result.fail("the address holds a user name or password; sign instead");
    }
    const reachable =
      isIP(host) === 0 ? open || names.has(host) || !LOCAL_NAME.test(host) : mayConnect(host, host);
    if (!reachable) return Result.fail(NOT_PUBLIC);
    if (options.allow !== undefined && !options.allow(url)) {
      return Result.fail("the application's own rule (allow) refuses the address");
    }
    return Result.succeed(url);
  };
  return Result.succeed({ check, mayConnect });
};

/** Said when an address, given or looked up, is not public and not listed. */
export const NOT_PUBLIC =
  "the target is not a public address; list its host or network in allowHosts if it is meant";

/** A URL's host as it is compared: no brackets, no final dot, ASCII, lower case. */
export const hostOf = (url: URL): string => {
  const { hostname } = url;
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
};

/**
 * Whether an address is globally reachable, by the special-purpose registries of
 * IANA. IPv6 addresses that carry an IPv4 address inside (mapped, NAT64, 6to4,
 * Teredo) count as not public, as the inner one decides where they lead.
 */
export const isPublicAddress = (address: string): boolean => {
  switch (isIP(address)) {
    case 4:
      return !SPECIAL.check(address, "ipv4");
    case 6:
      // A zone (%eth0) means a link-local address.
      return !address.includes("%") && within(GLOBAL6, address) && !SPECIAL.check(address, "ipv6");
    default:
      return false;
  }
};

// Private

const MAX_URL_LENGTH = 2048;

// `URL.parse` is younger than Node 20.
const parseUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

/** Names that resolvers answer locally (RFC 6761, RFC 6762, `.internal` of ICANN). */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)$/;

const blockList = (networks: ReadonlyArray<readonly [string, number]>): BlockList => {
  const list = new BlockList();
  for (const [network, prefix] of networks) {
    list.addSubnet(network, prefix, isIP(network) === 6 ? "ipv6" : "ipv4");
  }
  return list;
};

const GLOBAL6 = blockList([["2000::", 3]]);

const SPECIAL = blockList([
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT, also cloud metadata
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, also cloud metadata
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays, withdrawn
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
  ["2001::", 23], // protocol assignments, Teredo
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4
  ["3fff::", 20], // documentation
]);

const within = (list: BlockList, address: string): boolean => {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return false;
  return list.check(address, family === 6 ? "ipv6" : "ipv4");
};

interface Listed {
  readonly names: ReadonlySet<string>;
  readonly networks: BlockList;
}

const parseHosts = (entries: ReadonlyArray<string>): Result.Result<Listed, string> => {
  const names = new Set<string>();
  const networks = new BlockList();
  for (const [index, entry] of entries.entries()) {
    const network = CIDR.exec(entry);
    if (network !== null) {
      const [, address = "", prefix = ""] = network;
      const family = isIP(address);
      if (family === 0 || Number(prefix) > (family === 6 ? 128 : 32)) return unreadable(index);
      networks.addSubnet(address, Number(prefix), family === 6 ? "ipv6" : "ipv4");
      continue;
    }
    // The URL parser brings names and addresses to the form they are compared in.
    const url = /[/?#@\\]/.test(entry)
      ? null
      : parseUrl(isIP(entry) === 6 ? `https://[${entry}]/` : `https://${entry}/`);
    if (url === null || url.port !== "" || url.hostname === "") return unreadable(index);
    const host = hostOf(url);
    const family = isIP(host);
    if (family === 0) names.add(host);
    else networks.addAddress(host, family === 6 ? "ipv6" : "ipv4");
  }
  return Result.succeed({ names, networks });
};

const CIDR = /^([^/]+)\/(\d{1,3})$/;

const unreadable = (index: number): Result.Result<never, string> =>
  Result.fail(`allowHosts[${index}] is not a host name, an address or a network like 10.20.0.0/16`);
