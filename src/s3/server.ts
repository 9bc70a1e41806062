/** Why: the S3 door as others start it: the way of a request behind the front that was chosen. */
import { newId, type RequestId } from '../base/ids.ts';
import type { Random } from '../base/random.ts';
import { Door, type DoorOptions } from './door.ts';
import type { FrontChoice } from './front/front.ts';
import type { ListenOptions } from './front/listen.ts';
import { type StartedFront, startFront } from './front/start-front.ts';
import { defaultS3Limits, type S3Limits } from './limits.ts';
import type { S3Log } from './request-log.ts';

export type S3Options = Omit<DoorOptions, 'limits'> & {
  readonly random: Random;
  readonly log: S3Log;
  readonly listen: ListenOptions;
  /** How many requests wait for memory; none when left out. */
  readonly waiting?: () => number;
  /** Whether the store is another thread's: bodies are then read into memory that can be lent to it. */
  readonly sharesBodies?: boolean;
  readonly limits?: Partial<S3Limits>;
  /** `auto` when left out. */
  readonly front?: FrontChoice;
};

export type S3Server = StartedFront;

export async function startS3(options: S3Options): Promise<S3Server> {
  const { clock, log, listen, random, front = 'auto', sharesBodies = false, waiting = () => 0 } = options;
  const limits = { ...defaultS3Limits, ...options.limits };
  const door = new Door({ ...options, limits });
  const newRequestId = () => newId<RequestId>(random).toUpperCase() as RequestId;
  return await startFront(front, { door, clock, limits, log, waiting, sharesBodies, newRequestId, listen });
}
