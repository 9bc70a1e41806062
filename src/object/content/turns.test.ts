import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { CopysetError } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import type { Body, Slab } from '../store.ts';

const block = 16 * 1024;
const slabBytes = 4096;
const bodies = 6;

let site: MemorySite;
/** Bodies of which a part of a block was taken. */
const filling = new Set<number>();
let mostFilling = 0;

beforeEach(async () => {
  filling.clear();
  mostFilling = 0;
  site = await startMemorySite({ volumes: 4, turnBytes: 2 * block, memoryBytes: 1024 * block });
  await site.store.createBucket('models');
});

afterEach(() => {
  expect([filling.size, site.context.memory.inUse]).toEqual([0, 0]);
});

function bytesOf(number: number): Uint8Array {
  return seededRandom(number).bytes(4 * block);
}

/** A body that notes what is taken of it; it breaks after `end` bytes. */
function watched(number: number, end = 4 * block): Body {
  const bytes = bytesOf(number);
  async function* slabs(): AsyncGenerator<Slab> {
    try {
      for (let at = 0; at < end; at += slabBytes) {
        filling.add(number);
        mostFilling = Math.max(mostFilling, filling.size);
        await nextTurn();
        if ((at + slabBytes) % block === 0) filling.delete(number);
        yield { bytes: bytes.subarray(at, at + slabBytes), release: () => undefined };
      }
      if (end < bytes.byteLength) throw new CopysetError('request.aborted', 'the client left');
    } finally {
      filling.delete(number);
    }
  }
  return { ...bodyOf(bytes), slabs: slabs() };
}

function put(number: number, end?: number) {
  return site.store.put('models', `${number}`, { body: watched(number, end), headers: { metadata: {} } });
}

test('bodies fill their blocks in turn, and all are written', async () => {
  await Promise.all(Array.from({ length: bodies }, (_, number) => put(number)));
  expect(mostFilling).toBe(2);
  for (let number = 0; number < bodies; number++)
    expect((await readAll(await site.store.get('models', `${number}`))).equals(bytesOf(number))).toBe(true);
});

test.each([0, block, 2 * block + slabBytes])('one that breaks after %d bytes gives its turn back', async (end) => {
  const broken = Array.from({ length: bodies }, (_, number) => put(number, end));
  for (const outcome of await Promise.allSettled(broken)) expect(outcome.status).toBe('rejected');
  await put(bodies);
});

test('a body whose blocks cannot be written gives back every slab but those that were given to volumes', async () => {
  let held = 0;
  const giveBack = () => {
    held -= 1;
  };
  const bytes = bytesOf(1);
  async function* slabs(): AsyncGenerator<Slab> {
    for (let at = 0; at < bytes.byteLength; at += slabBytes) {
      held += 1;
      yield { bytes: bytes.subarray(at, at + slabBytes), release: giveBack };
    }
  }
  for (const { volume } of site.members.all()) await volume?.close();
  const body = { ...bodyOf(bytes), slabs: slabs() };
  await expect(site.store.put('models', 'a', { body, headers: { metadata: {} } })).rejects.toMatchObject({
    code: 'write.not_durable',
  });
  expect(held).toBeLessThanOrEqual((2 * block) / slabBytes);
});
