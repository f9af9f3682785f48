/** The one stylesheet and the small script of the pages, served from this host only. */
import { readFileSync } from "node:fs";

const read = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");

/** The stylesheet. */
export const STYLE: string = read("style.css");

/** The script: every page works without it. */
export const SCRIPT: string = read("enhance.js");

/** The icon. */
export const ICON: string = read("icon.svg");
