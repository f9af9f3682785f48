/** Many scenarios in one storage: every namespace gets a prefix, both ways. */
import { type JobOutcome, type Storage, STORAGE_LIMITS, utf8Bytes } from "@linli/core/ports";
import * as Effect from "effect/Effect";

/**
 * The storage with `prefix` before each namespace. A lease of all namespaces stays one; a name
 * that would be beyond the bound gives up its beginning, which a driver's column could not hold.
 */
export const inDistrict = (storage: Storage, prefix: string): Storage => {
  const names = new Map<string, string>();
  const inside = (namespace: string): string => {
    const name = prefix + endOf(namespace, STORAGE_LIMITS.keyBytes - utf8Bytes(prefix));
    names.set(name, namespace);
    return name;
  };
  const into = <A extends { readonly namespace: string }>(request: A): A => ({
    ...request,
    namespace: inside(request.namespace),
  });
  const outcomes = (all: ReadonlyArray<JobOutcome>) => all.map(into);
  const outOf = <A extends { readonly namespace: string }>(job: A): A => ({
    ...job,
    namespace: names.get(job.namespace) ?? job.namespace,
  });
  return {
    capabilities: storage.capabilities,
    info: () => storage.info(),
    read: (request) => storage.read(into(request)),
    receipt: (request) => storage.receipt(into(request)),
    scan: (request) => storage.scan(into(request)),
    count: (request) => storage.count(into(request)),
    feed: (request) => storage.feed(into(request)),
    commit: (batch) => storage.commit({ ...into(batch), settle: outcomes(batch.settle) }),
    settle: (all, at) => storage.settle(outcomes(all), at),
    lease: (request) =>
      Effect.map(
        storage.lease(
          request.namespace === null
            ? request
            : { ...request, namespace: inside(request.namespace) },
        ),
        (jobs) => jobs.map(outOf),
      ),
    dead: (request) =>
      Effect.map(storage.dead(into(request)), (page) => ({ ...page, jobs: page.jobs.map(outOf) })),
  };
};

/** As much of a text's end as so many bytes hold. */
const endOf = (text: string, bytes: number): string => {
  let [at, size] = [text.length, 0];
  for (const character of [...text].reverse()) {
    size += utf8Bytes(character);
    if (size > bytes) break;
    at -= character.length;
  }
  return text.slice(at);
};
