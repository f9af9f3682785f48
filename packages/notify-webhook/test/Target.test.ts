import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPublicAddress, makeTargetGuard } from "../src/Target.ts";
import type { TargetOptions } from "../src/Target.ts";

const guard = (options: TargetOptions = {}) => Result.getOrThrow(makeTargetGuard(options));
const opens = (url: string, options: TargetOptions = {}) =>
  Result.isSuccess(guard(options).check(url));

describe("by default", () => {
  test.each([
    "https://hooks.example.com/linli",
    "https://hooks.example.com:8443/",
    "https://例子.example/",
    "https://93.184.216.34/",
    "https://[2606:4700::1111]/",
  ])("%s is open", (url) => expect(opens(url)).toBe(true));

  test.each([
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "hooks.example.com",
    "",
    "https://user:word@hooks.example.com/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.0.0.1/",
    "https://0/",
    "https://10.1.2.3/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[fe80::1]/",
    "https://[fd12:3456::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:db8::1]/",
    `https://hooks.example.com/${"a".repeat(2048)}`,
  ])("%s is refused", (url) => expect(opens(url)).toBe(false));
});

describe("the edges of what is not public", () => {
  test.each([
    ["9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
    ["100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"],
    ["126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"],
    ["169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"],
    ["172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"],
    ["192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"],
    ["198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"],
    ["2001:db7:ffff::", "2001:db8::", "2001:db8:ffff::", "2001:db9::"],
    ["2001:ffff::", "2002::", "2002:ffff::", "2003::"],
  ])("%s is public, %s to %s is not, %s is", (before, first, last, after) => {
    expect([before, first, last, after].map(isPublicAddress)).toEqual([true, false, false, true]);
  });

  test("nothing below 2000:: or from 4000:: on is, nor from 224.0.0.0 on, nor below 1.0.0.0", () => {
    const edges = [
      "1fff:ffff::",
      "4000::",
      "fc00::",
      "ff02::1",
      "224.0.0.0",
      "240.0.0.1",
      "0.255.255.255",
    ];
    expect(edges.filter(isPublicAddress)).toEqual([]);
    expect(isPublicAddress("223.255.255.255")).toBe(true);
  });
});

describe("lists and switches", () => {
  test("a listed name, address or network is open, its neighbour is not", () => {
    const allowHosts = [
      "Hooks.Town.Example",
      "10.20.0.0/16",
      "192.168.1.7",
      "fd00:12::/32",
      "printer.local",
    ];
    const options = { allowHosts };
    expect(opens("https://10.20.255.1/", options)).toBe(true);
    expect(opens("https://10.21.0.1/", options)).toBe(false);
    expect(opens("https://192.168.1.7/", options)).toBe(true);
    expect(opens("https://192.168.1.8/", options)).toBe(false);
    expect(opens("https://[fd00:12::9]/", options)).toBe(true);
    expect(opens("https://[fd00:13::9]/", options)).toBe(false);
    expect(opens("https://printer.local/", options)).toBe(true);
    const { mayConnect } = guard(options);
    expect(mayConnect("hooks.town.example", "10.99.0.1")).toBe(true);
    expect(mayConnect("evil.hooks.town.example", "10.99.0.1")).toBe(false);
    expect(mayConnect("any.example.com", "10.20.3.4")).toBe(true);
    expect(mayConnect("any.example.com", "::ffff:10.99.0.1")).toBe(false);
    expect(mayConnect("any.example.com", "not an address")).toBe(false);
  });

  test("plain http needs allowHttp and a listed host", () => {
    const allowHosts = ["10.20.0.7"];
    expect(opens("http://10.20.0.7/", { allowHosts })).toBe(false);
    expect(opens("http://10.20.0.7/", { allowHosts, allowHttp: true })).toBe(true);
    expect(opens("http://hooks.example.com/", { allowHosts, allowHttp: true })).toBe(false);
    expect(opens("http://localhost/", { allowPrivate: true, allowHttp: true })).toBe(true);
    expect(opens("http://localhost/", { allowPrivate: true })).toBe(false);
  });

  test("the application's own rule may only refuse more", () => {
    const allow = (url: URL) => url.port === "";
    expect(opens("https://hooks.example.com/", { allow })).toBe(true);
    expect(opens("https://hooks.example.com:8443/", { allow })).toBe(false);
    expect(opens("https://127.0.0.1/", { allow: () => true })).toBe(false);
  });
});

describe("properties", () => {
  const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));

  test("every spelling of an IPv4 address is judged as the address it means", () => {
    fc.assert(
      fc.property(octets, (address) => {
        const [a, b, c, d] = address;
        const plain = address.join(".");
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        const spellings = [
          plain,
          String(number),
          `0x${number.toString(16)}`,
          address.map((octet) => `0${octet.toString(8)}`).join("."),
          `${a}.${b}.${c * 256 + d}`,
        ];
        for (const spelling of spellings) {
          expect(opens(`https://${spelling}/`)).toBe(isPublicAddress(plain));
        }
      }),
      { seed: 20_260_102, numRuns: 200 },
    );
  });

  test("no address that carries an IPv4 address inside is public", () => {
    fc.assert(
      fc.property(octets, ([a, b, c, d]) => {
        const high = (a * 256 + b).toString(16);
        const low = (c * 256 + d).toString(16);
        for (const address of [
          `::ffff:${a}.${b}.${c}.${d}`,
          `::ffff:${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `2002:${high}:${low}::1`,
          `2001:0:${high}:${low}::1`,
        ]) {
          expect(isPublicAddress(address)).toBe(false);
        }
      }),
      { seed: 20_260_103, numRuns: 200 },
    );
  });

  test("no text makes the guard throw, and only https comes through", () => {
    const { check } = guard();
    const text = fc.string({ unit: "binary" });
    const scheme = fc.constantFrom("https://", "http://", "ws://", "//", "");
    const urls = fc.tuple(scheme, fc.oneof(text, fc.domain()), text).map((parts) => parts.join(""));
    fc.assert(
      fc.property(urls, (to) => {
        const checked = check(to);
        if (Result.isSuccess(checked)) expect(checked.success.protocol).toBe("https:");
        else if (to.length > 12) expect(checked.failure).not.toContain(to);
      }),
      { seed: 20_260_104, numRuns: 200 },
    );
  });
});
