/** Why: memory outside of V8's heap goes back at once: the collector sees little of it, and comes for it late. */

/** What is shared with other threads cannot be taken from them, and is left to the collector. */
export function freeMemory(memory: ArrayBufferLike): void {
  if (memory instanceof ArrayBuffer) memory.transfer(0);
}
