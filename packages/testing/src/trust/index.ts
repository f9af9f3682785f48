/** A story of trust and forgetting that any storage must carry. */
export { trustStreet } from "./street.ts";
export { trustStory } from "./trustStory.ts";
export type { TrustPlace } from "./trustStory.ts";
