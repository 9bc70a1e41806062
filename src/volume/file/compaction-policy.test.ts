import { describe, expect, test } from 'vitest';
import { needsCompaction, paddingOfRewrite, pickVictim } from './compaction-policy.ts';
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
  const paddingOf = () => 0;

  test('is the segment with most garbage', () => {
    const all = segments([10, 1000], [300, 1000], [200, 0]);
    expect(pickVictim(all, { leastShare: 0, avoided: nobody, paddingOf })?.segment).toBe(2);
    expect(pickVictim(all, { leastShare: 0, avoided: ({ segment }) => segment === 2, paddingOf })?.segment).toBe(3);
  });

  test('is none without garbage, or with too little of it', () => {
    expect(pickVictim([], { leastShare: 0, avoided: nobody, paddingOf })).toBeUndefined();
    expect(pickVictim(segments([0, 1000]), { leastShare: 0, avoided: nobody, paddingOf })).toBeUndefined();
    expect(pickVictim(segments([60, 1000]), { leastShare: 1 / 16, avoided: nobody, paddingOf })).toBeUndefined();
    expect(pickVictim(segments([80, 1000]), { leastShare: 1 / 16, avoided: nobody, paddingOf })?.segment).toBe(1);
  });

  test('is none whose rewrite would leave as much padding as it has garbage', () => {
    const padding = paddingOfRewrite({ groupBytes: 1000, mostPaddingBytes: 100 });
    const need = { leastShare: 0, avoided: nobody, paddingOf: padding };
    expect([0, 1, 1000, 1001].map(padding)).toEqual([0, 400, 400, 500]);
    expect(pickVictim(segments([400, 900]), need)).toBeUndefined();
    expect(pickVictim(segments([401, 900]), need)?.segment).toBe(1);
    expect(pickVictim(segments([1, 0]), need)?.segment).toBe(1);
  });
});
