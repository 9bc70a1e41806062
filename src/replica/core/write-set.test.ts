import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import {
  decideWrite,
  missingTargets,
  onWriteEvent,
  startWriteSet,
  type WriteEvent,
  type WriteRule,
} from './write-set.ts';

const [a, b, c] = ['a1', 'b1', 'c1'] as VolumeId[] as [VolumeId, VolumeId, VolumeId];
const rule: WriteRule = { targets: [a, b, c], quorum: 2, domainOf: (volume) => volume.slice(0, 1) };

function after(events: readonly WriteEvent[], by = rule) {
  return events.reduce(onWriteEvent, startWriteSet(by));
}

function stored(volume: VolumeId): WriteEvent {
  return { kind: 'stored', volume };
}

function failed(volume: VolumeId): WriteEvent {
  return { kind: 'failed', volume, error: new CopysetError('disk.io', 'broken') };
}

test('durable at W copies, complete at all; what is missing is owed until it comes', () => {
  expect(decideWrite(after([stored(a)]))).toBe('pending');
  const durable = after([stored(a), stored(b)]);
  expect([decideWrite(durable), missingTargets(durable)]).toEqual(['durable', [c]]);
  const late = onWriteEvent(onWriteEvent(durable, failed(c)), stored(c));
  expect([decideWrite(late), missingTargets(late)]).toEqual(['complete', []]);
});

test('two copies in one failure domain are one', () => {
  const [near, far] = ['a2', 'b1'] as VolumeId[] as [VolumeId, VolumeId];
  const shared = { ...rule, targets: [a, near, far] };
  expect(decideWrite(after([stored(a), stored(near)], shared))).toBe('pending');
  expect(decideWrite(after([stored(a), stored(far)], shared))).toBe('durable');
  expect(decideWrite(after([stored(a), stored(near), failed(far)], shared))).toBe('failed');
});

test('fails as soon as W can no longer be reached, also when there are too few targets', () => {
  expect(decideWrite(after([failed(a)]))).toBe('pending');
  expect(decideWrite(after([failed(a), failed(b)]))).toBe('failed');
  expect(decideWrite(after([], { ...rule, targets: [a] }))).toBe('failed');
});

test('tells that a volume had the block before', () => {
  expect(after([stored(a), stored(b)]).found).toBe(false);
  expect(after([stored(a), { kind: 'present', volume: b }]).found).toBe(true);
});

test('in any order of answers: durable exactly with W domains, failed exactly when they are out of reach', () => {
  const answers = fc.array(fc.record({ domain: fc.constantFrom('x', 'y', 'z', 'w'), ok: fc.boolean() }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(answers, fc.integer({ min: 1, max: 4 }), (given, quorum) => {
      const targets = given.map(({ domain }, index) => `${domain}${index}` as VolumeId);
      let set = startWriteSet({ targets, quorum, domainOf: rule.domainOf });
      for (const [index, { ok }] of given.entries()) {
        set = onWriteEvent(set, ok ? stored(targets[index] as VolumeId) : failed(targets[index] as VolumeId));
        const domains = (open: boolean) =>
          new Set(given.filter((each, at) => (at <= index ? each.ok : open)).map(({ domain }) => domain)).size;
        const decision = decideWrite(set);
        expect(decision === 'durable' || decision === 'complete').toBe(domains(false) >= quorum);
        expect(decision === 'failed').toBe(domains(true) < quorum);
      }
    }),
  );
});
