/**
 * Why: the bytes of a body, on their way in or out, have memory first and then their turn; both are given back at once.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { Permit } from '../../base/async/semaphore.ts';
import type { ObjectContext } from '../context.ts';

export type RoomOptions = CallOptions & {
  /** Nothing was answered and nothing taken: it can still be told to come again. */
  readonly isFirst: boolean;
};

export async function takeRoom(
  { memory, turns }: ObjectContext,
  bytes: number,
  { isFirst, signal }: RoomOptions,
): Promise<Permit> {
  const wanted = Math.min(bytes, memory.mostBytes);
  const held =
    memory.tryAcquire(wanted) ??
    (await (isFirst ? memory.acquire(wanted, { signal }) : memory.more(wanted, { signal })));
  if (!turns.isFor(wanted)) return held;
  try {
    return bothOf(held, await turns.take(wanted, { signal }));
  } catch (error) {
    held.release();
    throw error;
  }
}

function bothOf(one: Permit, other: Permit): Permit {
  const release = () => {
    other.release();
    one.release();
  };
  return { release, [Symbol.dispose]: release };
}
