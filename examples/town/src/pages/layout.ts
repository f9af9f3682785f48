/** The frame of every page. */
import type { Locale, LocalText } from "@linli/core/data";
import { castMember } from "../stories/cast.ts";
import { type Html, html } from "./html.ts";
import { TEXTS } from "./texts.ts";

/** What a page's frame needs to know. */
export interface Frame {
  readonly locale: Locale;
  /** The person the visitor plays. */
  readonly person: string | null;
  /** Address of this page by GET, for the language switch. */
  readonly here: string;
  /** Which entry of the menu this is. */
  readonly section: "report" | "follow" | "desk" | "board" | "other";
}

/** Emergency numbers, from the charter; on every page. */
export interface EmergencyBanner {
  readonly numbers: ReadonlyArray<string>;
  readonly text: LocalText;
}

const MENU = [
  { section: "report", href: "/", name: TEXTS.navReport },
  { section: "follow", href: "/follow", name: TEXTS.navFollow },
  { section: "desk", href: "/desk", name: TEXTS.navDesk },
  { section: "board", href: "/board", name: TEXTS.navBoard },
] as const;

/** A whole page. */
export const layout = (
  frame: Frame,
  page: { readonly title: string; readonly body: Html; readonly banner: EmergencyBanner | null },
): string => {
  const { locale } = frame;
  const t = (text: LocalText) => text[locale];
  const other: Locale = locale === "zh" ? "en" : "zh";
  const role = frame.person === null ? undefined : castMember(frame.person);
  return (
    "<!doctype html>\n" +
    html`<html lang="${langTag(locale)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${page.title} - ${t(TEXTS.brand)}</title>
        <link rel="stylesheet" href="/assets/style.css" />
        <link rel="icon" href="/assets/icon.svg" />
        <script src="/assets/enhance.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">${t(TEXTS.skip)}</a>
        <header>
          <div class="bar">
            <a class="brand" href="/">${t(TEXTS.brand)}</a>
            <nav aria-label="${t(TEXTS.menu)}">
              ${MENU.map(
                ({ section, href, name }) =>
                  html`<a
                    href="${href}"
                    ${section === frame.section ? html` aria-current="page"` : null}
                    >${t(name)}</a
                  >`,
              )}
            </nav>
            <div class="tools">
              <a href="/role" class="role"
                >${t(TEXTS.role)}: <b>${role === undefined ? t(TEXTS.nobody) : t(role.name)}</b></a
              >
              <a
                href="${withLang(frame.here, other)}"
                lang="${langTag(other)}"
                hreflang="${langTag(other)}"
                >${t(TEXTS.otherLanguage)}</a
              >
            </div>
          </div>
        </header>
        ${page.banner === null ? null : banner(page.banner, locale)}
        <main id="main" tabindex="-1">${page.body}</main>
        <footer>
          <p>${t(TEXTS.motto)}</p>
          <p>${t(TEXTS.demo)} <a href="/api">${t(TEXTS.navApi)}</a></p>
        </footer>
      </body>
    </html> `.text
  );
};

/** The BCP 47 tag of a locale. */
export const langTag = (locale: Locale): string => (locale === "zh" ? "zh-CN" : "en");

const banner = ({ numbers, text }: EmergencyBanner, locale: Locale): Html =>
  html`<aside class="emergency" aria-label="${TEXTS.emergencyTitle[locale]}">
    <strong>${TEXTS.emergencyTitle[locale]}</strong>
    <span class="numbers"
      >${numbers.map((number) => html`<a href="tel:${number}">${number}</a>`)}</span
    >
    <span class="advice">${text[locale]}</span>
  </aside>`;

const withLang = (address: string, locale: Locale): string =>
  `${address}${address.includes("?") ? "&" : "?"}lang=${locale}`;
