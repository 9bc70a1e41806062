/**
 * Why: what does a tier cost over the memory it stands for? One load over the contract, as a ratio to a plain Map in
 * the same run: `node src/cache/cache.bench.ts [memory|disk] [directory]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlockName, nameBlock } from '../base/block-name.ts';
import { systemClock } from '../base/clock.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import type { Cache } from './cache.ts';
import { DiskCache } from './disk/disk-cache.ts';
import { MemoryCache } from './memory/memory-cache.ts';

type Store = Pick<Cache, 'get' | 'put'>;
type Block = { readonly name: BlockName; readonly bytes: Uint8Array };

const blockBytes = 64 * 1024;
const blockCount = 1000;
const operations = 20_000;
const capacityBytes = (blockCount / 4) * blockBytes;

/** No bound, no policy: the most that memory gives. */
function mapStore(): Store {
  const blocks = new Map<BlockName, Uint8Array>();
  return { get: async (name) => blocks.get(name), put: async (name, bytes) => void blocks.set(name, bytes) };
}

function makeBlocks(): Block[] {
  return Array.from({ length: blockCount }, (_, number) => {
    const bytes = new Uint8Array(blockBytes).fill(number);
    new DataView(bytes.buffer).setUint32(0, number);
    return { name: nameBlock([bytes], 'blake3'), bytes };
  });
}

/** Reads through the store by a skewed choice of blocks: operations per second and the share of hits. */
async function run(
  store: Store,
  blocks: readonly Block[],
  random: Random,
): Promise<{ perSecond: number; hits: number }> {
  let hits = 0;
  const startedMs = systemClock.monotonicMs();
  for (let operation = 0; operation < operations; operation++) {
    const { name, bytes } = blocks[Math.floor(blockCount * random.float() ** 3)] as Block;
    if ((await store.get(name)) === undefined) await store.put(name, bytes);
    else hits++;
  }
  const elapsedMs = systemClock.monotonicMs() - startedMs;
  return { perSecond: (operations / elapsedMs) * 1000, hits: hits / operations };
}

/** Benches any tier against a Map. */
export async function benchCache(name: string, cache: Cache): Promise<string> {
  const blocks = makeBlocks();
  await run(mapStore(), blocks, seededRandom(1)); // warms up the loop
  const map = await run(mapStore(), blocks, seededRandom(1));
  const tier = await run(cache, blocks, seededRandom(1));
  const ratio = (tier.perSecond / map.perSecond).toPrecision(2);
  const rate = `${Math.round(tier.perSecond)} operations/s`;
  return `${name}: ${rate}, ${ratio} of a Map; ${(100 * tier.hits).toFixed(1)} % hits with a quarter of the blocks`;
}

async function benchDisk(parent: string): Promise<string> {
  const root = await mkdtemp(join(parent, 'copyset-bench-'));
  try {
    const cache = new DiskCache({ disk: openNodeDisk(root), clock: systemClock, capacityBytes });
    await cache.scan();
    const result = await benchCache('disk', cache);
    await cache.close();
    return result;
  } finally {
    await rm(root, { recursive: true });
  }
}

if (import.meta.main) {
  const [driver = 'memory', parent = tmpdir()] = process.argv.slice(2);
  const result = driver === 'disk' ? benchDisk(parent) : benchCache('memory', new MemoryCache({ capacityBytes }));
  process.stdout.write(`${await result}\n`);
}
