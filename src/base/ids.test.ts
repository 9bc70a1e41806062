import { expect, test } from 'vitest';
import { newId, parseId, type VolumeId } from './ids.ts';
import { seededRandom, systemRandom } from './random.ts';

test('an id is 16 hex digits of the given randomness', () => {
  expect(newId<VolumeId>(seededRandom(1))).toBe(newId<VolumeId>(seededRandom(1)));
  expect(newId<VolumeId>(systemRandom)).toMatch(/^[0-9a-f]{16}$/);
});

test('what is no id is not taken for one', () => {
  const id = newId<VolumeId>(systemRandom);
  expect(parseId<VolumeId>(id)).toBe(id);
  for (const wrong of ['', id.slice(1), `${id}0`, 'ABCDEF0123456789', `${id}\n`])
    expect(parseId(wrong)).toBeUndefined();
});
