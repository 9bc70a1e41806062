/** The whole form; where only a share of the long runs is asked for, overload.test.ts is this one's. */
import { describe } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { overloadConformance } from './overload.conformance.ts';

describe.skipIf(shareOf(100) < 100)('for longer, with thousands of connections', () =>
  overloadConformance({
    loadMs: 15_000,
    idleConnections: 2_000,
    slowConnections: 200,
    largeBodies: 64,
    streams: 64,
    streamMiB: 64,
  }),
);
