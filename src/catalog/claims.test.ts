import { beforeEach, describe, expect, test } from 'vitest';
import { nameBlock } from '../base/block-name.ts';
import { utf8 } from '../base/bytes.ts';
import type { RequestId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import type { Kv } from '../kv/kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { beginPurge, claimBlock, endPurge, expireClaims, findTrash, releaseClaims, trashBlock } from './claims.ts';
import { addDebts, countDebts } from './debts.ts';
import type { TrashRecord } from './records/trash.ts';
import type { Stored } from './stored.ts';

const block = { name: nameBlock([utf8('a block')], 'blake3'), classId: 3 };
const sameBytesElsewhere = { ...block, classId: 2 };

function claim(number: number) {
  return { requestId: number.toString(16).padStart(16, '0') as RequestId, madeAtMs: number };
}

let kv: Kv;
beforeEach(() => {
  kv = new MemoryKv({ random: seededRandom(1) });
});

async function trashed(): Promise<Stored<TrashRecord>> {
  expect(await trashBlock(kv, block, 100)).toBe(true);
  return (await findTrash(kv, block)) as Stored<TrashRecord>;
}

describe('a claim', () => {
  test('keeps the block out of the trash until it is released', async () => {
    await claimBlock(kv, block, claim(1));
    await claimBlock(kv, block, claim(2));
    expect(await trashBlock(kv, block, 100)).toBe(false);
    await releaseClaims(kv, [block], claim(1).requestId);
    expect(await trashBlock(kv, block, 100)).toBe(false);
    await releaseClaims(kv, [block], claim(2).requestId);
    expect(await trashBlock(kv, block, 100)).toBe(true);
  });

  test('takes the block out of the trash, so that a purge that saw it there cannot begin', async () => {
    const seen = await trashed();
    expect(await claimBlock(kv, block, claim(1))).toBe('claimed');
    await releaseClaims(kv, [block], claim(1).requestId);
    expect(await beginPurge(kv, block, seen)).toBe(false);
    expect(await findTrash(kv, block)).toBeUndefined();
  });

  test('waits for a purge that has begun, and is taken when it has ended', async () => {
    expect(await beginPurge(kv, block, await trashed())).toBe(true);
    expect(await claimBlock(kv, block, claim(1))).toBe('purging');
    await endPurge(kv, block);
    expect(await claimBlock(kv, block, claim(1))).toBe('claimed');
  });

  test('on equal bytes of another class holds nobody', async () => {
    await claimBlock(kv, sameBytesElsewhere, claim(1));
    expect(await trashBlock(kv, block, 100)).toBe(true);
  });

  test('runs out by its age, and not before', async () => {
    await claimBlock(kv, block, claim(10));
    await expireClaims(kv, 10);
    expect(await trashBlock(kv, block, 100)).toBe(false);
    await expireClaims(kv, 11);
    expect(await trashBlock(kv, block, 100)).toBe(true);
  });

  test('wins or loses against a purge that begins at the same moment, never both', async () => {
    const seen = await trashed();
    const [claimed, purging] = await Promise.all([claimBlock(kv, block, claim(1)), beginPurge(kv, block, seen)]);
    expect(claimed === 'claimed').toBe(!purging);
  });
});

test('a block is in the trash once, with the time when it came there', async () => {
  await trashed();
  expect(await trashBlock(kv, block, 200)).toBe(false);
  expect((await findTrash(kv, block))?.record).toEqual({ state: 'trash', sinceMs: 100 });
});

test('with its purge ends what was owed of a block, and nothing else', async () => {
  await addDebts(
    kv,
    [block, sameBytesElsewhere].map((one) => ({ ...one, volumes: [] })),
    1,
  );
  await beginPurge(kv, block, await trashed());
  await endPurge(kv, block);
  expect(await countDebts(kv)).toBe(1);
  expect(await findTrash(kv, block)).toBeUndefined();
});
