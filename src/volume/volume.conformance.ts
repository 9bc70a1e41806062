/** Why: what volume.ts promises, shown for every driver and every wrapper. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressKey, type BlockAddress, compareAddresses } from '../base/block-address.ts';
import { nameOfDigest, partitionOf } from '../base/block-name.ts';
import { equalBytes } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { hashAlgorithms } from '../base/hash.ts';
import { pick, seededRandom } from '../base/random.ts';
import { readBlockRange, readWholeBlock } from './read-block.ts';
import { chunkBytes, findDamage, type SealedBlock, sealBlock, storedBytesOf } from './stored-form.ts';
import type { Volume } from './volume.ts';

export type OpenedVolume = {
  readonly volume: Volume;
  /** What its device takes, for drivers that can be filled. */
  readonly setCapacity?: (bytes: number) => void;
  /** How coarsely it tells the time of a put, where that is not to the millisecond. */
  readonly timeStepMs?: number;
  readonly dispose: () => Promise<void>;
};

/** The same bytes for the same number. */
function blockOf(number: number, bytes = 100): SealedBlock {
  return sealBlock([seededRandom(number).bytes(bytes)], 3, 'blake3');
}

/** `open` gives an empty volume each time; `dispose` takes it away, closed or not. */
export function volumeConformance(name: string, open: () => Promise<OpenedVolume>): void {
  describe(`${name} keeps the promises of a volume`, () => {
    let volume: Volume;
    let opened: OpenedVolume;

    beforeEach(async () => {
      opened = await open();
      volume = opened.volume;
    });
    afterEach(() => opened.dispose());

    async function expectWhole(block: SealedBlock): Promise<void> {
      const stored = await volume.read(block.address);
      expect(findDamage(stored, { address: block.address, volumeId: volume.id })).toBeUndefined();
    }

    async function listAll(): Promise<BlockAddress[]> {
      return (await volume.list({ limit: 1e6 })).map(({ address }) => address);
    }

    test.each([0, 1, 4096, chunkBytes, 3 * chunkBytes + 1, 2_000_000])(
      'gives back a block of %d bytes',
      async (bytes) => {
        const block = blockOf(bytes, bytes);
        expect(await volume.put(block)).toBe('stored');
        expect(equalBytes(await readWholeBlock(volume, block.address), block.payload[0] as Uint8Array)).toBe(true);
      },
    );

    test('takes a payload in pieces', async () => {
      const whole = seededRandom(1).bytes(100_000);
      const block = sealBlock([whole.subarray(0, 7), new Uint8Array(0), whole.subarray(7)], 3, 'blake3');
      await volume.put(block);
      expect(equalBytes(await readWholeBlock(volume, block.address), whole)).toBe(true);
    });

    test('reads ranges of the stored form, cut at its end', async () => {
      const block = blockOf(1, chunkBytes + 10);
      await volume.put(block);
      const whole = await volume.read(block.address);
      const end = whole.byteLength;
      for (const [from, to] of [
        [0, 1],
        [5, 5],
        [100, 70_000],
        [end - 3, end],
        [end - 3, end + 9],
        [end + 1, end + 9],
      ]) {
        const range = { from: from as number, to: to as number };
        expect(equalBytes(await volume.read(block.address, range), whole.slice(from, to))).toBe(true);
      }
      const range = { from: 10, to: chunkBytes + 3 };
      const read = await readBlockRange(volume, block.address, range, { payloadBytes: block.payloadBytes });
      expect(equalBytes(read, (block.payload[0] as Uint8Array).subarray(10, chunkBytes + 3))).toBe(true);
    });

    test('reads at once the very same bytes, or none', async () => {
      const block = blockOf(1, 100_000);
      const into = new Uint8Array(Buffer.allocUnsafeSlow(50_000).buffer);
      const readNow = (from: number) => volume.readNow?.(block.address, from, into) ?? false;
      expect(readNow(0)).toBe(false);
      await volume.put(block);
      const whole = await volume.read(block.address);
      if (readNow(1000)) expect(equalBytes(into, whole.subarray(1000, 51_000))).toBe(true);
      expect(readNow(whole.byteLength - 49_999)).toBe(false); // it ends before
      await volume.delete(block.address);
      expect(readNow(0)).toBe(false);
      await volume.close();
      expect(readNow(0)).toBe(false);
    });

    test('bytes handed out are the caller’s to change', async () => {
      const block = blockOf(1);
      await volume.put(block);
      (await volume.read(block.address)).fill(0);
      await expectWhole(block);
    });

    test('tells what is not there', async () => {
      const { address } = blockOf(1);
      await volume.put(blockOf(2));
      await expect(volume.read(address)).rejects.toMatchObject({ code: 'block.missing' });
      expect(await volume.stat(address)).toBeUndefined();
      expect(await volume.delete(address)).toBe(false);
    });

    test('tells one block in two classes, and two fragments, apart', async () => {
      const block = blockOf(1);
      const others = [
        { ...block.address, classId: 2 },
        { ...block.address, fragment: 1 },
      ];
      await volume.put(block);
      for (const address of others) expect(await volume.stat(address)).toBeUndefined();
      for (const address of others) await volume.put({ ...block, address });
      expect(await listAll()).toEqual([others[0], block.address, others[1]]);
      expect(await volume.delete(block.address)).toBe(true);
      expect(await listAll()).toEqual(others);
    });

    test('puts once, and anew only with `replace`', async () => {
      const block = blockOf(1);
      expect(await volume.put(block)).toBe('stored');
      expect(await volume.put(block)).toBe('present');
      expect(await volume.put(block, { replace: true })).toBe('stored');
      expect(await volume.usage()).toMatchObject({ blocks: 1, liveBytes: storedBytesOf(100) });
      await expectWhole(block);
    });

    test('a put joins one of the same address that is under way', async () => {
      const block = blockOf(1);
      const results = await Promise.all([volume.put(block), volume.put(block), volume.put(block)]);
      expect(results).toEqual(['stored', 'present', 'present']);
      await expectWhole(block);
    });

    test('deletes once, and takes the block again afterwards', async () => {
      const block = blockOf(1);
      await volume.put(block);
      expect(await volume.delete(block.address)).toBe(true);
      expect(await volume.delete(block.address)).toBe(false);
      await expect(volume.read(block.address)).rejects.toMatchObject({ code: 'block.missing' });
      expect(await listAll()).toEqual([]);
      expect(await volume.put(block)).toBe('stored');
      await expectWhole(block);
    });

    test('what is said of one address at once happens in that order', async () => {
      const block = blockOf(1);
      const { address } = block;
      const results = await Promise.all([
        volume.put(block),
        volume.delete(address),
        volume.put(block),
        volume.delete(address),
        volume.put(block),
      ]);
      expect(results).toEqual(['stored', true, 'stored', true, 'stored']);
      expect(await Promise.all([volume.delete(address), volume.put(block)])).toEqual([true, 'stored']);
      await expectWhole(block);
      expect(await Promise.all([volume.put(block), volume.delete(address)])).toEqual(['present', true]);
      expect(await volume.stat(address)).toBeUndefined();
    });

    test('stat and list tell size and time of the put', async () => {
      const before = Math.floor(systemClock.wallMs());
      const block = blockOf(1, 70_000);
      await volume.put(block);
      const stat = await volume.stat(block.address);
      expect(stat).toMatchObject({ address: block.address, storedBytes: storedBytesOf(70_000) });
      expect(stat?.writtenAtMs).toBeGreaterThan(before - (opened.timeStepMs ?? 1));
      expect(stat?.writtenAtMs).toBeLessThanOrEqual(systemClock.wallMs());
      expect(await volume.list({ limit: 2 })).toEqual([stat]);
    });

    describe('with three hundred blocks', () => {
      const blocks = Array.from({ length: 300 }, (_, number) => blockOf(number, 20));
      const sorted = blocks.map(({ address }) => address).sort(compareAddresses);

      beforeEach(async () => {
        await Promise.all(blocks.map((block) => volume.put(block)));
      });

      test('lists them in address order, page by page', async () => {
        const pages: BlockAddress[] = [];
        for (let after: BlockAddress | undefined; ; ) {
          const page = await volume.list({ after, limit: 7 });
          pages.push(...page.map(({ address }) => address));
          if (page.length < 7) break;
          after = page.at(-1)?.address;
        }
        expect(pages).toEqual(sorted);
      });

      test('lists after an address that is not there', async () => {
        const after = { ...(sorted[100] as BlockAddress), classId: 4 };
        expect((await volume.list({ after, limit: 1 }))[0]?.address).toEqual(sorted[101]);
        expect(await volume.list({ after: ends.last, limit: 1 })).toEqual([]);
        expect(await volume.list({ limit: 0 })).toEqual([]);
      });

      test('lists one partition', async () => {
        const number = partitionOf((sorted[150] as BlockAddress).name);
        const expected = sorted.filter(({ name: blockName }) => partitionOf(blockName) === number);
        const listed = await volume.list({ partition: number, limit: 1000 });
        expect(listed.map(({ address }) => address)).toEqual(expected);
        const rest = await volume.list({ partition: number, after: expected[0], limit: 1000 });
        expect(rest.map(({ address }) => address)).toEqual(expected.slice(1));
        expect(await volume.list({ partition: number, after: ends.last, limit: 1000 })).toEqual([]);
        expect(await volume.list({ partition: number, after: ends.first, limit: 1000 })).toEqual(listed);
      });

      test('counts them', async () => {
        const usage = await volume.usage();
        expect(usage).toMatchObject({ blocks: 300, liveBytes: 300 * storedBytesOf(20) });
        expect(volume.blocks).toBe(300);
        expect(usage.usedBytes).toBeGreaterThanOrEqual(usage.liveBytes);
      });
    });

    test('does as a map of addresses does, whatever comes at once', async () => {
      const random = seededRandom(7);
      const blocks = Array.from({ length: 12 }, (_, number) => blockOf(number, 1 + 4000 * (number % 3)));
      const model = new Map<string, SealedBlock>();
      for (let round = 0; round < 60; round++) {
        const work = Array.from({ length: 1 + random.integer(8) }, () => {
          const block = pick(random, blocks);
          const key = addressKey(block.address);
          if (random.integer(3) > 0) {
            model.set(key, block);
            return volume.put(block, { replace: random.integer(3) === 0 });
          }
          model.delete(key);
          return volume.delete(block.address);
        });
        await Promise.all(work);
        expect((await listAll()).map(addressKey)).toEqual([...model.keys()].sort());
      }
      for (const block of model.values()) await expectWhole(block);
      const liveBytes = [...model.values()].reduce((sum, block) => sum + storedBytesOf(block.payloadBytes), 0);
      expect(await volume.usage()).toMatchObject({ blocks: model.size, liveBytes });
      expect(volume.blocks).toBe(model.size);
    });

    test('a full volume refuses puts, goes on with reads and deletes, and recovers', async ({ skip }) => {
      const { setCapacity } = opened;
      if (setCapacity === undefined) return skip('its device cannot be filled');
      const kept = blockOf(1, 10_000);
      await volume.put(kept);
      setCapacity(0);
      await expect(volume.put(blockOf(2, 10_000))).rejects.toMatchObject({ code: 'disk.full' });
      expect(await volume.usage()).toMatchObject({ blocks: 1, freeBytes: 0 });
      await expectWhole(kept);
      setCapacity(2 ** 30);
      expect(await volume.put(blockOf(2, 10_000))).toBe('stored');
      expect(await volume.delete(kept.address)).toBe(true);
    });

    test('an aborted call rejects at once', async () => {
      const block = blockOf(1);
      const options = { signal: AbortSignal.abort() };
      const calls = [
        volume.put(block, options),
        volume.read(block.address, undefined, options),
        volume.stat(block.address, options),
        volume.delete(block.address, options),
        volume.list({ limit: 1 }, options),
        volume.usage(options),
        volume.check(options),
      ];
      for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'request.aborted' });
      await volume.put(block);
      await expectWhole(block);
    });

    test('a call that is aborted on its way rejects, and leaves the volume in order', async () => {
      const block = blockOf(1, 50_000);
      const abort = new AbortController();
      const put = volume.put(block, { signal: abort.signal });
      const joined = volume.put(block);
      abort.abort();
      await Promise.allSettled([put]);
      expect(['stored', 'present']).toContain(await joined);
      await expectWhole(block);
      expect(await listAll()).toEqual([block.address]);
    });

    test('checks out while it serves; once closed it says so, and has finished what it took', async () => {
      await volume.check();
      const block = blockOf(1);
      const put = volume.put(block);
      await volume.close();
      expect(await put).toBe('stored');
      await volume.close();
      for (const call of [volume.put(block), volume.read(block.address), volume.list({ limit: 1 }), volume.check()]) {
        await expect(call).rejects.toMatchObject({ code: 'closed' });
      }
    });
  });
}

/** Before and behind all others. */
const ends = {
  first: { name: nameOfDigest(new Uint8Array(32), hashAlgorithms.sha256), classId: 0, fragment: 0 },
  last: { name: nameOfDigest(new Uint8Array(32).fill(255), hashAlgorithms.sha256), classId: 9, fragment: 9 },
};
