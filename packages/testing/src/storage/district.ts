/** Many scenarios in one storage: every namespace gets a prefix, both ways. */
import type { JobOutcome, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";

/** The storage with `prefix` before each namespace. A lease of all namespaces stays one. */
export const inDistrict = (storage: Storage, prefix: string): Storage => {
  const into = <A extends { readonly namespace: string }>(request: A): A => ({
    ...request,
    namespace: `${prefix}${request.namespace}`,
  });
  const outcomes = (all: ReadonlyArray<JobOutcome>) => all.map(into);
  const outOf = <A extends { readonly namespace: string }>(job: A): A => ({
    ...job,
    namespace: job.namespace.startsWith(prefix)
      ? job.namespace.slice(prefix.length)
      : job.namespace,
  });
  return {
    capabilities: storage.capabilities,
    info: storage.info,
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
            : { ...request, namespace: `${prefix}${request.namespace}` },
        ),
        (jobs) => jobs.map(outOf),
      ),
    dead: (request) =>
      Effect.map(storage.dead(into(request)), (page) => ({ ...page, jobs: page.jobs.map(outOf) })),
  };
};
