/**
 * What must be seen of sealed contents, for any order of key stores opened, copied and restored:
 * a model that knows keys as numbers, and nothing of ciphers, hashes or rows.
 */

/** A key store as the model knows it. */
export interface StoreModel {
  /** Made at the first use; a copy made before that is another key store. */
  secret: number | null;
  keys: Map<string, number>;
  erasures: Array<{
    readonly owner: string;
    readonly keys: ReadonlyArray<number>;
    readonly at: number;
  }>;
}

interface ContentModel {
  readonly issue: string;
  readonly person: string;
  readonly words: string;
  readonly at: number;
  /** Null while it is plain. */
  readonly sealed: { readonly secret: number; readonly key: number } | null;
  /** Plain and forgotten by sealing, when its person had been. */
  readonly forgotten: boolean;
}

interface LookupModel {
  readonly person: string;
  readonly secret: number;
  readonly key: number;
  readonly at: number;
}

/** What the storage holds; restoring it is putting an earlier one back. */
export interface DataModel {
  readonly own: number | null;
  readonly givenUp: number | null;
  readonly contents: ReadonlyArray<ContentModel>;
  readonly lookups: ReadonlyArray<LookupModel>;
  /** Owners the journal knows to be forgotten, with the keys it names. */
  readonly gone: ReadonlyMap<string, { readonly keys: ReadonlySet<number>; readonly at: number }>;
}

/** What a step must come to: an answer, or the kind of failure. */
export type Expected =
  | { readonly is: "done"; readonly answer: unknown }
  | { readonly is: "Misconfigured" | "Unsupported" | "NotFound" };

export const emptyData: DataModel = {
  ...{ own: null, givenUp: null, contents: [], lookups: [], gone: new Map() },
};

export const newStore = (): StoreModel => ({ secret: null, keys: new Map(), erasures: [] });

export const copyStore = (store: StoreModel): StoreModel => ({
  ...{ secret: store.secret, keys: new Map(store.keys), erasures: [...store.erasures] },
});

/** The model in one place: the data, and numbers for keys. */
export const makeModel = () => {
  let data = emptyData;
  let numbers = 0;
  const next = () => (numbers += 1);

  const ownerOf = (secret: number, person: string) => `${secret}/${person}`;
  const isWrong = (store: StoreModel) => data.own !== null && store.secret !== data.own;
  const keyOf = (store: StoreModel, person: string): number => {
    const key = store.keys.get(person) ?? next();
    store.keys.set(person, key);
    return key;
  };
  const isDestroyed = (store: StoreModel, key: number) =>
    [...data.gone.values()].some(({ keys }) => keys.has(key)) ||
    store.erasures.some(({ keys }) => keys.includes(key));
  const has = (store: StoreModel, key: number) => [...store.keys.values()].includes(key);
  const fate = (store: StoreModel, key: number, at: number) =>
    has(store, key)
      ? "present"
      : isDestroyed(store, key)
        ? "destroyed"
        : data.givenUp !== null && at <= data.givenUp
          ? "givenUp"
          : "missing";
  const sealing = (store: StoreModel): number => {
    const secret = (store.secret ??= next());
    data = { ...data, own: secret };
    return secret;
  };
  const journal = (owner: string, keys: Iterable<number>, at: number) => {
    const known = data.gone.get(owner);
    const all = new Set([...(known?.keys ?? []), ...keys]);
    const gone = new Map(data.gone).set(owner, { keys: all, at: Math.max(at, known?.at ?? at) });
    data = { ...data, gone };
  };
  const refused = (store: StoreModel | null): Expected | null =>
    store === null ? { is: "Unsupported" } : isWrong(store) ? { is: "Misconfigured" } : null;

  return {
    get data() {
      return data;
    },
    restore: (earlier: DataModel) => {
      data = earlier;
    },
    /** Opening, with the erasures done again. */
    open: (store: StoreModel | null): Expected => {
      if (store === null) return { is: "done", answer: undefined };
      if (isWrong(store)) return { is: "Misconfigured" };
      store.secret ??= next();
      for (const { owner, keys, at } of store.erasures) {
        const known = data.gone.get(owner);
        if (known === undefined || keys.some((key) => !known.keys.has(key)))
          journal(owner, keys, at);
      }
      const told = new Set([...data.gone.values()].flatMap(({ keys }) => [...keys]));
      for (const [person, key] of store.keys) if (told.has(key)) store.keys.delete(person);
      return { is: "done", answer: undefined };
    },
    write: (
      store: StoreModel | null,
      written: Omit<ContentModel, "sealed" | "forgotten">,
    ): Expected => {
      if (store === null ? data.own !== null : isWrong(store)) return { is: "Misconfigured" };
      const sealed =
        store === null ? null : { secret: sealing(store), key: keyOf(store, written.person) };
      data = { ...data, contents: [...data.contents, { ...written, sealed, forgotten: false }] };
      return { is: "done", answer: undefined };
    },
    look: (store: StoreModel | null, issue: string): Expected => {
      const content = data.contents.find((one) => one.issue === issue);
      if (content === undefined) return { is: "NotFound" };
      const { sealed, words, at, forgotten } = content;
      if (sealed === null) return { is: "done", answer: forgotten ? [null, true] : [words, false] };
      if (store === null || isWrong(store)) return { is: "Misconfigured" };
      const is = fate(store, sealed.key, at);
      if (is === "missing") return { is: "Misconfigured" };
      return { is: "done", answer: is === "present" ? [words, false] : [null, true] };
    },
    erase: (store: StoreModel | null, person: string, at: number): Expected => {
      const no = refused(store);
      if (no !== null || store === null) return no ?? { is: "Unsupported" };
      const { secret } = store;
      const owned = [
        ...data.contents.flatMap((one) =>
          one.person === person && one.sealed?.secret === secret
            ? [{ key: one.sealed.key, at: one.at }]
            : [],
        ),
        ...data.lookups.filter((one) => one.person === person && one.secret === secret),
      ];
      if (owned.some((one) => fate(store, one.key, one.at) === "missing"))
        return { is: "Misconfigured" };
      const owner = ownerOf(secret ?? 0, person);
      const isPlain = data.contents.some(
        (one) => one.person === person && one.sealed === null && !one.forgotten,
      );
      const isKnown = data.gone.has(owner) || store.erasures.some((one) => one.owner === owner);
      const key = store.keys.get(person);
      if (key === undefined && !isKnown && !isPlain) return { is: "NotFound" };
      sealing(store);
      const keys = key === undefined ? [] : [key];
      store.keys.delete(person);
      store.erasures.push({ owner, keys, at });
      journal(owner, [...keys, ...owned.map((one) => one.key)], at);
      return { is: "done", answer: undefined };
    },
    remember: (store: StoreModel | null, person: string, at: number): Expected => {
      const no = refused(store);
      if (no !== null || store === null) return no ?? { is: "Unsupported" };
      const made = { person, secret: sealing(store), key: keyOf(store, person), at };
      const others = data.lookups.filter(
        (one) => one.person !== person || one.secret !== made.secret,
      );
      data = { ...data, lookups: [...others, made] };
      return { is: "done", answer: undefined };
    },
    ask: (store: StoreModel | null, person: string): Expected => {
      const no = refused(store);
      if (no !== null || store === null) return no ?? { is: "Unsupported" };
      const found = data.lookups.find(
        (one) => one.person === person && one.secret === store.secret,
      );
      if (found === undefined) return { is: "done", answer: null };
      const is = fate(store, found.key, found.at);
      if (is === "missing") return { is: "Misconfigured" };
      return { is: "done", answer: is === "present" ? person : null };
    },
    seal: (store: StoreModel | null): Expected => {
      const no = refused(store);
      if (no !== null || store === null) return no ?? { is: "Unsupported" };
      const secret = sealing(store);
      const contents = data.contents.map((one): ContentModel => {
        if (one.sealed !== null || one.forgotten) return one;
        const owner = ownerOf(secret, one.person);
        const ats = [
          ...store.erasures.filter((erasure) => erasure.owner === owner).map(({ at }) => at),
          data.gone.get(owner)?.at ?? -1,
        ];
        return Math.max(...ats) >= one.at
          ? { ...one, forgotten: true }
          : { ...one, sealed: { secret, key: keyOf(store, one.person) } };
      });
      data = { ...data, contents };
      return { is: "done", answer: undefined };
    },
    /** Counts, and goes on with this key store. */
    adopt: (store: StoreModel | null, at: number): Expected => {
      if (store === null) return { is: "Unsupported" };
      const keyStore =
        data.own === null ? "unknown" : data.own === store.secret ? "own" : "another";
      const counts = { present: 0, destroyed: 0, givenUp: 0, missing: 0 };
      for (const { sealed, at: written } of data.contents)
        if (sealed !== null) counts[fate(store, sealed.key, written)] += 1;
      sealing(store);
      if (counts.missing > 0) data = { ...data, givenUp: at };
      return { is: "done", answer: { keyStore, ...counts } };
    },
  };
};
