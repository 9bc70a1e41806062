/** Why: what every front is given. */
import type { Clock } from '../../base/clock.ts';
import type { RequestId } from '../../base/ids.ts';
import type { Door } from '../door.ts';
import type { S3Limits } from '../limits.ts';
import type { S3Log } from '../request-log.ts';
import type { ListenOptions } from './listen.ts';

export type FrontOptions = {
  readonly door: Door;
  readonly clock: Clock;
  readonly limits: S3Limits;
  readonly log: S3Log;
  /** How many requests wait for memory. */
  readonly waiting: () => number;
  /** Whether bodies are read into memory that other threads may be handed. */
  readonly sharesBodies: boolean;
  readonly newRequestId: () => RequestId;
  readonly listen: ListenOptions;
};
