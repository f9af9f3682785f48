/** Taking checkpoints of opened data: read only, one line for each namespace. */
import { encodeCheckpoint, makeCheckpoint } from "@linli/core/journal";
import type { Digest } from "@linli/core/journal";
import type { Signer } from "@linli/core/ports";
import { platformDigest, signedCheckpoint } from "@linli/core/services";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { Unusable } from "./Source.ts";
import type { JournalSource } from "./Source.ts";
import { lastSealOf } from "./verify.ts";

/**
 * Checkpoints of some namespaces as text to keep elsewhere, signed when a signer is given;
 * what they hold must have been verified. Fails with {@link Unusable} when nothing was signed.
 */
export const checkpointsOf = async (
  source: JournalSource,
  namespaces: ReadonlyArray<string>,
  takenAt: number,
  signer: Signer | null = null,
): Promise<string> => {
  let text = "";
  for (const namespace of namespaces) {
    const after = await lastSealOf(source, namespace);
    const algorithm: Digest["algorithm"] = after?.algorithm ?? "SHA-256";
    const about = { namespace, after, takenAt, signed: signer !== null };
    const taking = makeCheckpoint(platformDigest(algorithm), about);
    const sealed = after === null ? 0 : after.first + after.count - 1;
    let position = 0;
    for await (const { hash } of source.entries(namespace)) {
      position += 1;
      if (position > sealed) taking.take(hash);
    }
    const signed = await Effect.runPromise(Effect.result(signedCheckpoint(signer, taking.end())));
    if (Result.isFailure(signed)) throw new Unusable(signed.failure.message);
    text += `${encodeCheckpoint(signed.success)}\n`;
  }
  return text;
};
