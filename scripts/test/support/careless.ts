/** A driver with a mistake, as a module for `npm run contract`: it forgets to look at guards. */
import { makeMemoryStorage } from "@linli/core/ports";

export const capabilities = { name: "careless", durable: false, shared: false };
export const version = "0.0.1";

export const open = async () => {
  const honest = makeMemoryStorage();
  return {
    storage: {
      ...honest,
      capabilities,
      commit: (batch: Parameters<typeof honest.commit>[0]) =>
        honest.commit({ ...batch, guards: [] }),
    },
  };
};
