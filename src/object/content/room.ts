/**
 * Why: the bytes of a body, on their way in or out, have memory first and then their turn; both are given back at once.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { Permit } from '../../base/async/semaphore.ts';
import type { Other, Turn } from '../../base/async/turns.ts';
import type { ObjectContext } from '../context.ts';

export type RoomOptions = CallOptions & {
  /** At first. */
  readonly waitsFor: Other;
  /** Nothing was answered and nothing taken: it can still be told to come again. */
  readonly isFirst: boolean;
};

export async function takeRoom(
  { memory, turns }: ObjectContext,
  bytes: number,
  { waitsFor, isFirst, signal }: RoomOptions,
): Promise<Turn> {
  const wanted = Math.min(bytes, memory.mostBytes);
  const held =
    memory.tryAcquire(wanted) ??
    (await (isFirst ? memory.acquire(wanted, { signal }) : memory.more(wanted, { signal })));
  if (!turns.isFor(wanted)) return { ...held, waitFor: () => undefined };
  try {
    return bothOf(held, await turns.take(wanted, { waitsFor, signal }));
  } catch (error) {
    held.release();
    throw error;
  }
}

function bothOf(held: Permit, turn: Turn): Turn {
  const release = () => {
    turn.release();
    held.release();
  };
  return { waitFor: (other) => turn.waitFor(other), release, [Symbol.dispose]: release };
}
