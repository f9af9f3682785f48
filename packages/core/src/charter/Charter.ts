/**
 * A compiled charter: the document with everything looked up that routing, the
 * issue and the ladder ask of it again and again.
 *
 * A charter exists only if nothing in its document dangles and every inline test
 * passes, so the rooms to the right never meet an unknown id. It is immutable and
 * shared between all issues routed under it.
 */
import type { LocalText } from "../data/index.ts";
import type { PostDef } from "../directory/index.ts";
import type { Level } from "../hierarchy/index.ts";
import type { Calendar } from "../time/index.ts";
import type { CharterDocument, ClockSet, EmergencyText, Grant, Visibility } from "./Document.ts";
import type { FactSpace } from "./FactSpace.ts";

/** A charter ready for use; made by `compileCharter` or `decodeCharter`. */
export interface Charter {
  /** What was decoded, flattened: a base it extends is already copied in. */
  readonly document: CharterDocument;
  readonly id: string;
  readonly version: string;
  readonly levels: ReadonlyMap<string, Level>;
  /**
   * The levels of each chain by ascending rank: those where a post of the chain
   * `handles`. A level without one is a place to report about, not a rung.
   */
  readonly chainLevels: ReadonlyMap<string, ReadonlyArray<Level>>;
  readonly posts: ReadonlyMap<string, PostDef>;
  /** The one post that handles issues at a level of a chain. */
  readonly handlerPost: (chain: string, level: string) => PostDef | undefined;
  readonly category: (id: string) => CompiledCategory | undefined;
  readonly calendar: Calendar;
  readonly clockSet: (name: string) => ClockSet | undefined;
  readonly facts: FactSpace;
  /** The document's override of who may give a command; undefined leaves the library's rule. */
  readonly grants: (command: string) => ReadonlyArray<Grant> | undefined;
  /** A named sentence of the document that replaces the library's own. */
  readonly text: (key: string) => LocalText | undefined;
}

/** A category with what it inherits from the categories above it. */
export interface CompiledCategory {
  readonly id: string;
  readonly name: LocalText;
  /** Ids from the root of the tree to the category itself. */
  readonly path: ReadonlyArray<string>;
  readonly visibility: Visibility;
  readonly lifeDanger: boolean;
  readonly emergency?: EmergencyText;
}

/** The top level of a chain: competent for everything, so that routing is total. */
export const topLevel = (charter: Charter, chain: string): Level | undefined =>
  charter.chainLevels.get(chain)?.at(-1);

/** The chain an outcome climbs when it names none: the first one of the document. */
export const firstChain = (charter: Charter): string => charter.document.chains[0]?.id ?? "";
