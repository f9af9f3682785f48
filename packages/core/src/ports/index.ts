/** The two doors - storage and notification -, their errors, and both in memory. */
export * from "./Bytewise.ts";
export * from "./CheckedStorage.ts";
export * from "./Database.ts";
export * from "./DriverKit.ts";
export * from "./FieldCipher.ts";
export * from "./FromPromise.ts";
export * from "./KeyStore.ts";
export { makeMemoryNotifier } from "./MemoryNotifier.ts";
export type { MemoryNotifier, MemoryNotifierOptions } from "./MemoryNotifier.ts";
export { makeMemoryDatabase } from "./MemoryDatabase.ts";
export { makeMemoryStorage } from "./MemoryStorage.ts";
export { nodeCrypto } from "./NodeCrypto.ts";
export type { NodeCrypto, NodeKey } from "./NodeCrypto.ts";
export * from "./Notifier.ts";
export * from "./Signer.ts";
export * from "./Storage.ts";
export * from "./StorageErrors.ts";
export * from "./StorageInfo.ts";
