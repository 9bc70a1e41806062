/**
 * Why: what passes by itself is tried again, later each time and at a random moment, so that many clients do not come
 * back at once. Source: "Exponential Backoff And Jitter", AWS Architecture Blog (full jitter); Retry-After: RFC 9110,
 * 10.2.3.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { S3ClientLimits } from '../options.ts';
import { isPassing } from './failure.ts';

export type RetryPolicy = Pick<S3ClientLimits, 'maxAttempts' | 'firstPauseMs' | 'longestPauseMs'>;

export type Retrying = CallOptions & {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** Before another attempt begins. */
  readonly isOver: () => boolean;
};

/** Settles as the last attempt does. */
export async function retry<T>(attempt: () => Promise<T>, retrying: Retrying): Promise<T> {
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error) || made >= retrying.policy.maxAttempts || retrying.isOver()) throw error;
      const pauseMs = pauseBefore(error, made, retrying);
      if (pauseMs === undefined) throw error;
      await retrying.clock.sleep(pauseMs, retrying);
    }
  }
}

/** Undefined when the endpoint asks for more patience than there is. */
export function pauseBefore(
  error: CopysetError,
  made: number,
  { policy, random }: Pick<Retrying, 'policy' | 'random'>,
): number | undefined {
  const asked = typeof error.details.retryAfterMs === 'number' ? error.details.retryAfterMs : 0;
  if (asked > policy.longestPauseMs) return undefined;
  const most = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (made - 1));
  return Math.max(asked, random.float() * most);
}
