/** Looks in at a function while something is done, and hands it back as it was. */

/** A function among the properties of `owner`, by name, for as long as `work` takes. */
export const tapping = async <Owner extends object>(
  owner: Owner,
  names: ReadonlyArray<keyof Owner>,
  told: (self: unknown, result: unknown) => void,
  work: () => Promise<void>,
): Promise<void> => {
  const kept = names.map((name) => [name, owner[name]] as const);
  for (const [name, call] of kept) {
    if (typeof call !== "function") throw new TypeError(`${String(name)} is not a function`);
    owner[name] = new Proxy(call, {
      apply: (target, self, given) => {
        const result: unknown = Reflect.apply(target, self, given);
        told(self, result);
        return result;
      },
    });
  }
  try {
    await work();
  } finally {
    for (const [name, call] of kept) owner[name] = call;
  }
};
