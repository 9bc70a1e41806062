/**
 * Why: what front.ts promises in words, as tests over real sockets. Every front runs all of it; differences are
 * declared.
 */
import { describe } from 'vitest';
import { type StartDoor, startTestDoor } from '../../../test/support/s3-door.ts';
import { clientConformance } from './conformance/clients.conformance.ts';
import { lateReplyConformance } from './conformance/late-replies.conformance.ts';
import { overloadConformance } from './conformance/overload.conformance.ts';
import { requestConformance } from './conformance/requests.conformance.ts';
import type { FrontKind } from './front.ts';

export type FrontCapabilities = {
  /** What becomes of a client that sends more requests without waiting than a front keeps. */
  readonly pipeline: 'cut' | 'held back';
};

export function frontConformance(front: FrontKind, capabilities: FrontCapabilities): void {
  const start: StartDoor = (options) => startTestDoor({ ...options, front });
  describe(`the ${front} front`, () => {
    requestConformance(start, capabilities);
    clientConformance(start);
    lateReplyConformance(start);
    overloadConformance(start);
  });
}
