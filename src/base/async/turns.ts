/**
 * Why: large blocks of many bodies on their way at once take memory and are no faster for it: they wait for the same
 * processor and the same disks. So they take turns. Who is slow, as a client far away is, keeps nobody waiting: after a
 * while his turn counts as over, though what he holds is still his.
 */
import type { Clock } from '../clock.ts';
import { CopysetError } from '../errors.ts';
import type { CallOptions } from './abort.ts';
import { noPermit, type Permit, Semaphore } from './semaphore.ts';

export type Turns = {
  /** What is short needs none. */
  isFor(bytes: number): boolean;
  /** Waits for its turn, in order of arrival. */
  take(bytes: number, options?: CallOptions): Promise<Permit>;
};

export type TurnLimits = {
  /** Of all whose turn it is; who asks for more takes all of it. */
  readonly capacityBytes: number;
  /** What is shorter needs no turn. */
  readonly leastBytes: number;
  readonly longestMs: number;
};

/** For those who hold all that they will need. */
export const alwaysOnesTurn: Turns = { isFor: () => false, take: async () => noPermit };

/** Made once: an error takes its stack along. */
const isOver = new CopysetError('request.aborted', 'the turn is over');

export function newTurns({ capacityBytes, leastBytes, longestMs }: TurnLimits, clock: Clock): Turns {
  const semaphore = new Semaphore('turns of large blocks', capacityBytes, Number.POSITIVE_INFINITY);
  const isFor = (bytes: number) => bytes >= leastBytes;
  return {
    isFor,
    take: async (bytes, options) => {
      if (!isFor(bytes)) return noPermit;
      const permit = await semaphore.acquire(Math.min(bytes, capacityBytes), options);
      const ended = new AbortController();
      clock.sleep(longestMs, ended).then(
        () => permit.release(),
        () => undefined, // it was over before
      );
      const release = () => {
        ended.abort(isOver);
        permit.release();
      };
      return { release, [Symbol.dispose]: release };
    },
  };
}
