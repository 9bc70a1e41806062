import { describe, expect, test } from 'vitest';
import { sealBlock, storedBytesOf } from '../stored-form.ts';
import { frameBytesOf } from './frame.ts';
import { type JobContent, newJob } from './job.ts';
import { admitJobs } from './reserve.ts';

const limits = { reserveBytes: 10_000, headroomBytes: 5000 };
const block = sealBlock([new Uint8Array(1000)], 3, 'blake3');
const frameBytes = frameBytesOf({ storedBytes: storedBytesOf(1000) });

const contents = {
  put: { kind: 'put', block },
  delete: { kind: 'delete', address: block.address },
  move: {
    kind: 'move',
    from: {
      kind: 'put',
      address: new Uint8Array(36),
      segment: 1,
      position: 64,
      storedBytes: storedBytesOf(1000),
      sequence: 1,
      writtenAtMs: 1,
    },
    stored: new Uint8Array(storedBytesOf(1000)),
  },
} as const satisfies Record<string, JobContent>;

function admit(kinds: readonly (keyof typeof contents)[], freeBytes: number) {
  const jobs = kinds.map((kind) => newJob(contents[kind]));
  const { written, remembered, refused, roomBytes } = admitJobs(jobs, freeBytes, limits);
  const verdicts = jobs.map((job) =>
    written.includes(job) ? 'written' : remembered.includes(job) ? 'remembered' : 'refused',
  );
  expect(written.length + remembered.length + refused.length).toBe(jobs.length);
  return { verdicts, roomBytes };
}

describe('of what waits, where space is scarce', () => {
  test('all is written while there is room', () => {
    expect(admit(['put', 'delete', 'move'], 20_000)).toEqual({
      verdicts: ['written', 'written', 'written'],
      roomBytes: 10_000 - 2 * frameBytes - 64,
    });
  });

  test('puts stop at the reserve, in their order', () => {
    const { verdicts, roomBytes } = admit(['put', 'put', 'delete', 'put'], 10_000 + frameBytes);
    expect(verdicts).toEqual(['written', 'refused', 'written', 'refused']);
    expect(roomBytes).toBe(0);
  });

  test('tombstones stop at the headroom, and are remembered', () => {
    expect(admit(['delete', 'delete', 'put'], 5000 + 64).verdicts).toEqual(['written', 'remembered', 'refused']);
  });

  test('a rewrite goes on to the last byte', () => {
    expect(admit(['move'], 0).verdicts).toEqual(['written']);
  });
});
