/** Modules for `npm run contract` that misbehave, one for each word of `ODD`. */
import { makeMemoryStorage, storageFromPromise, storageToPromise } from "@linli/core/ports";

const ODD = process.env["ODD"] ?? "";
const never = () => new Promise<never>(() => {});
let opened = 0;

export const capabilities = { name: "odd", durable: false, shared: false };

export const open = async (): Promise<unknown> => {
  opened += 1;
  const storage = makeMemoryStorage();
  switch (ODD) {
    case "open-hangs":
      return never();
    case "open-gives-nothing":
      return undefined;
    case "in-promises":
      return { storage: storageToPromise(storage) };
    case "close-hangs":
      return { storage, close: never };
    case "close-fails-later":
      return {
        storage,
        close: async () => {
          if (opened > 2) throw new Error("busy");
        },
      };
    case "commit-hangs":
      return { storage: storageFromPromise({ ...storageToPromise(storage), commit: never }) };
    case "strays":
      if (opened === 3) void Promise.reject(new Error("nobody catches this"));
      return { storage };
    case "strays-at-once":
      void Promise.reject(new Error("nobody catches this"));
      return { storage };
    case "prints":
      process.stdout.write("what a driver prints\n");
      return { storage };
    case "exits-at-once":
      return process.exit(0);
    case "exits":
      if (opened === 4) process.exit(0);
      return { storage };
    case "leaks":
      setInterval(() => {}, 1000);
      return { storage };
    default:
      return { storage };
  }
};

export const close = async () => {
  process.stderr.write("closed once\n");
  if (ODD === "module-close-fails") throw new Error("still busy");
};

if (ODD === "load-hangs") await never();
