/** Charters 治理办法: all that a place has decided, as data - decoded, checked and compiled. */
export * from "./Build.ts";
export * from "./Charter.ts";
export { CHARTER_BOUNDS } from "./CheckParts.ts";
export * from "./Codec.ts";
export * from "./Commands.ts";
export * from "./Compile.ts";
export * from "./Decision.ts";
export * from "./Document.ts";
export * from "./FactSpace.ts";
export { type BaseOptions, flattenCharter } from "./Flatten.ts";
export * from "./Region.ts";
export * from "./Scan.ts";
