/**
 * Why: disks return other bytes than they were given. Copies are harmed on disk in every way, up to all but one of each
 * block, beside a store that serves; what it answers, what it finds and what it repairs is judged from outside.
 */
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import { type Random, seededRandom, shuffled } from '../../src/base/random.ts';
import { type DevProcess, startDev } from '../support/dev-process.ts';
import { type CopyOnDisk, copiesOn, flipByte, isIntact, readStored, writeStored } from '../support/segment-frames.ts';
import { bucket, KnownObjects } from './known-objects.ts';

export type Scale = {
  /** Harmed in each round. */
  readonly blocks: number;
  readonly seed: number;
};

/** `swap` exchanges two copies of one volume, thus harms both. */
export const harms = ['flip', 'truncate', 'zero', 'swap'] as const;
type Harm = (typeof harms)[number];

type Copy = CopyOnDisk & { readonly volume: string; readonly block: string };
/** `volume block` for each copy that was harmed. */
export type Harmed = ReadonlySet<string>;

const copies = 3;
const quietMs = 1_000;
/** Packed, just above a chunk, and larger. */
const sizes = [900, 4_000, 70_000, 200_000];

/** A store with as many objects as a round harms blocks, and some more; one of them has a manifest. */
export class HarmedStore {
  readonly #folder: string;
  readonly #random: Random;
  objects: KnownObjects;

  private constructor(folder: string, objects: KnownObjects, random: Random) {
    this.#folder = folder;
    this.objects = objects;
    this.#random = random;
  }

  static async begin(folder: string, { blocks, seed }: Scale): Promise<HarmedStore> {
    const objects = await KnownObjects.begin(await start(folder));
    for (const bytes of sizes) await objects.put(Math.ceil((blocks * 1.2) / sizes.length), bytes);
    await objects.put(1, 18 * 2 ** 20);
    return new HarmedStore(folder, objects, seededRandom(seed));
  }

  /** Nothing is left in memory. */
  async startAgain(): Promise<void> {
    expect(await this.objects.dev.end()).toBe(0);
    this.objects = this.objects.on(await start(this.#folder));
  }

  /** Harms so many blocks, each in one way on one copy up to all but one. */
  async harm(blocks: number): Promise<Harmed> {
    const harmed = new Set<string>();
    const all = await this.#copies();
    const targets = shuffled(this.#random, [...Map.groupBy(all, ({ block }) => block).values()]).slice(0, blocks);
    const chosen = targets.flatMap((target) =>
      shuffled(this.#random, target).slice(0, 1 + this.#random.integer(copies - 1)),
    );
    const swapped = new Map<string, Copy>();
    for (const [at, copy] of chosen.entries()) {
      const harm = harms[at % harms.length] as Harm;
      if (harm !== 'swap') await this.#spoil(copy, harm);
      else await this.#swap(copy, swapped);
      harmed.add(nameOf(copy));
    }
    for (const copy of swapped.values()) await this.#spoil(copy, 'flip'); // it found nobody to change with
    return harmed;
  }

  /**
   * Harms one chunk of one block of an object, counted as `object locations` tells them, in every copy; gives the way
   * back for one copy. Harmed in different chunks, one copy can make up for another.
   */
  async harmAll(key: string, which: number): Promise<() => Promise<void>> {
    const described = await Array.fromAsync(connectAdmin(this.#folder).objectLocations({ bucket, key }));
    const all = (await this.#copies()).filter(({ block }) => block === described[which]?.block);
    const [one] = all as [Copy, ...Copy[]];
    const good = await readStored(one);
    const at = this.#random.integer(one.payloadBytes);
    for (const copy of all) await flipByte(copy, at);
    return () => writeStored(one, good);
  }

  /** Takes the second half of a segment file away. */
  async cutSegment(): Promise<void> {
    const [copy] = await this.#copies();
    await truncate(copy?.segment as string, Math.floor((await stat(copy?.segment as string)).size / 2));
  }

  /** Every copy that the scrub found, as `harm` names them. */
  async scrub(): Promise<Harmed> {
    const found = new Set<string>();
    for await (const { state, findings = [], error } of connectAdmin(this.#folder).scrub({})) {
      for (const { where } of findings) found.add(where.replace(/^volume (\w+), block (\w+)$/, '$1 $2'));
      expect([state, error]).not.toContain('failed');
    }
    return found;
  }

  /** By its bytes on disk: every block has all its copies, each of them whole. */
  async expectWhole(): Promise<number> {
    const all = await this.#copies();
    for (const copy of all) expect(await isIntact(copy.block, copy), nameOf(copy)).toBe(true);
    const byBlock = Map.groupBy(all, ({ block }) => block);
    for (const [block, held] of byBlock) expect(held.length, block).toBe(copies);
    return byBlock.size;
  }

  /** Nobody works on the store: what happens from now on is by whoever calls. */
  async calm(): Promise<void> {
    await this.objects.settled(({ jobs, underReplicatedBlocks }) => jobs.length === 0 && underReplicatedBlocks === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.objects[Symbol.asyncDispose]();
  }

  /** When no volume wins back space any more, which moves copies. */
  async #copies(): Promise<Copy[]> {
    await this.#quiet();
    const volumes = this.objects.dev.ready.volumes;
    const found = await Promise.all(
      volumes.map(async ({ id, path }) =>
        [...(await copiesOn(path))].map(([block, copy]) => ({ ...copy, block, volume: id })),
      ),
    );
    return found.flat().sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  }

  async #quiet(): Promise<void> {
    let before = '';
    for (let now = await this.#segments(); now !== before; now = await this.#segments()) {
      before = now;
      await sleep(quietMs);
    }
  }

  /** Names and lengths of all files with copies. */
  async #segments(): Promise<string> {
    const paths = this.objects.dev.ready.volumes.map(({ path }) => join(path, 'segments'));
    const lines = paths.map(async (path) => {
      const names = (await readdir(path)).filter((name) => name.endsWith('.seg'));
      const sizes = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => undefined)));
      return names.map((name, at) => `${path} ${name} ${sizes[at]?.size}`);
    });
    return (await Promise.all(lines)).flat().join('\n');
  }

  async #spoil(copy: Copy, harm: Exclude<Harm, 'swap'>): Promise<void> {
    const bytes = await readStored(copy);
    const at = this.#random.integer(bytes.byteLength);
    if (harm === 'zero') bytes.fill(0);
    else if (harm === 'truncate') bytes.fill(0, Math.min(at, bytes.byteLength - 32));
    else bytes[at] = (bytes[at] as number) ^ (1 << this.#random.integer(8));
    await writeStored(copy, bytes);
  }

  /** With the one before of the same length on the same volume; without one it waits for the next. */
  async #swap(copy: Copy, waiting: Map<string, Copy>): Promise<void> {
    const place = `${copy.volume} ${copy.payloadBytes}`;
    const other = waiting.get(place);
    if (other === undefined) return void waiting.set(place, copy);
    waiting.delete(place);
    const [mine, theirs] = [await readStored(copy), await readStored(other)];
    await writeStored(copy, theirs);
    await writeStored(other, mine);
  }
}

/**
 * Nothing that is whole was found. Who repairs a block looks at all its copies, often before the scrub comes to them.
 */
export function expectFound(found: Harmed, harmed: Harmed): void {
  expect([...found].filter((copy) => !harmed.has(copy))).toEqual([]);
  expect(found.size).toBeGreaterThan(harmed.size / 10);
}

function start(folder: string): Promise<DevProcess> {
  return startDev(folder, '--block-bytes', '1MiB', '--scrub-period', '365d');
}

function nameOf({ volume, block }: Copy): string {
  return `${volume} ${block}`;
}
