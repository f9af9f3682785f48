/** Taking checkpoints of opened data: read only, one line for each namespace. */
import { encodeCheckpoint, makeCheckpoint } from "@linli/core/journal";
import type { Digest } from "@linli/core/journal";
import { platformDigest } from "@linli/core/services";
import type { JournalSource } from "./Source.ts";
import { lastSealOf } from "./verify.ts";

/** Checkpoints of some namespaces as text to keep elsewhere; what they hold must have been verified. */
export const checkpointsOf = async (
  source: JournalSource,
  namespaces: ReadonlyArray<string>,
  takenAt: number,
): Promise<string> => {
  let text = "";
  for (const namespace of namespaces) {
    const after = await lastSealOf(source, namespace);
    const algorithm: Digest["algorithm"] = after?.algorithm ?? "SHA-256";
    const about = { namespace, after, takenAt };
    const taking = makeCheckpoint(platformDigest(algorithm), about);
    const sealed = after === null ? 0 : after.first + after.count - 1;
    let position = 0;
    for await (const { hash } of source.entries(namespace)) {
      position += 1;
      if (position > sealed) taking.take(hash);
    }
    text += `${encodeCheckpoint(taking.end())}\n`;
  }
  return text;
};
