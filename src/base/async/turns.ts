/**
 * Why: large blocks of many bodies on their way at once take memory and are no faster for it: they wait for the same
 * processor and the same disks. So they take turns. A client that is slow, as one far away is, keeps nobody waiting:
 * after a while its turn counts as over, though what it holds is still its own. For disks everybody waits, and longer:
 * but for one that hangs.
 */
import type { Clock } from '../clock.ts';
import { CopysetError } from '../errors.ts';
import type { CallOptions } from './abort.ts';
import { noPermit, type Permit, Semaphore } from './semaphore.ts';

export type Other = 'client' | 'disks';

export type Turn = Permit & {
  /** From now on who has the turn waits for somebody else. */
  waitFor(other: Other): void;
};

export type Turns = {
  /** What is short needs none. */
  isFor(bytes: number): boolean;
  /** Waits for its turn, in order of arrival. */
  take(bytes: number, options: CallOptions & { readonly waitsFor: Other }): Promise<Turn>;
};

export type TurnLimits = {
  /** Of all whose turn it is; who asks for more takes all of it. */
  readonly capacityBytes: number;
  /** What is shorter needs no turn. */
  readonly leastBytes: number;
  /** Of waiting for either. */
  readonly longestMs: Readonly<Record<Other, number>>;
};

export const noTurn: Turn = { ...noPermit, waitFor: () => undefined };

/** For those who hold all that they will need. */
export const alwaysOnesTurn: Turns = { isFor: () => false, take: async () => noTurn };

/** Made once: an error takes its stack along. */
const isOver = new CopysetError('request.aborted', 'the turn is over');

export function newTurns({ capacityBytes, leastBytes, longestMs }: TurnLimits, clock: Clock): Turns {
  const semaphore = new Semaphore('turns of large blocks', capacityBytes, Number.POSITIVE_INFINITY);
  const isFor = (bytes: number) => bytes >= leastBytes;
  return {
    isFor,
    take: async (bytes, { waitsFor, signal }) => {
      if (!isFor(bytes)) return noTurn;
      const permit = await semaphore.acquire(Math.min(bytes, capacityBytes), { signal });
      return turnOf(permit, waitsFor, (other, ended) => clock.sleep(longestMs[other], { signal: ended }));
    },
  };
}

type Sleep = (other: Other, ended: AbortSignal) => Promise<void>;

function turnOf(permit: Permit, first: Other, sleep: Sleep): Turn {
  let waiting = new AbortController();
  const waitFor = (other: Other) => {
    waiting.abort(isOver);
    waiting = new AbortController();
    sleep(other, waiting.signal).then(
      () => permit.release(),
      () => undefined, // what was waited for came before
    );
  };
  const release = () => {
    waiting.abort(isOver);
    permit.release();
  };
  waitFor(first);
  return { waitFor, release, [Symbol.dispose]: release };
}
