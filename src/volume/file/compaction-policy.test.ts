import { describe, expect, test } from 'vitest';
import { needsCompaction, pickVictim } from './compaction-policy.ts';
import { segmentHeaderBytes } from './segment-header.ts';

const bounds = { maxGarbageShare: 0.5, minGarbageBytes: 100 };

describe('there is need of compaction', () => {
  test.each([
    [{ garbageBytes: 100, neededBytes: 0 }, false],
    [{ garbageBytes: 101, neededBytes: 0 }, true],
    [{ garbageBytes: 500, neededBytes: 1000 }, false],
    [{ garbageBytes: 501, neededBytes: 1000 }, true],
  ])('with %j: %s', (bytes, expected) => {
    expect(needsCompaction(bytes, bounds)).toBe(expected);
  });
});

describe('the victim', () => {
  function segments(...garbageAndLive: readonly (readonly [garbage: number, live: number])[]) {
    return garbageAndLive.map(([garbage, liveBytes], at) => ({
      segment: at + 1,
      bytes: segmentHeaderBytes + garbage + liveBytes,
      sidecarBytes: 0,
      sealed: true,
      liveBytes,
    }));
  }
  const nobody = () => false;

  test('is the segment with most garbage', () => {
    const all = segments([10, 1000], [300, 1000], [200, 0]);
    expect(pickVictim(all, { leastShare: 0, avoided: nobody })?.segment).toBe(2);
    expect(pickVictim(all, { leastShare: 0, avoided: ({ segment }) => segment === 2 })?.segment).toBe(3);
  });

  test('is none without garbage, or with too little of it', () => {
    expect(pickVictim([], { leastShare: 0, avoided: nobody })).toBeUndefined();
    expect(pickVictim(segments([0, 1000]), { leastShare: 0, avoided: nobody })).toBeUndefined();
    expect(pickVictim(segments([60, 1000]), { leastShare: 1 / 16, avoided: nobody })).toBeUndefined();
    expect(pickVictim(segments([80, 1000]), { leastShare: 1 / 16, avoided: nobody })?.segment).toBe(1);
  });
});
