import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import type { Disk } from '../disk.ts';
import { MemoryDisk } from './memory-disk.ts';

async function readFile(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, 'read');
  const into = new Uint8Array(await file.size());
  await file.read(into, 0);
  await file.close();
  return into;
}

async function makeDurable(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, 'create');
  await file.write([bytes], 0);
  await file.sync();
  await file.close();
  await disk.syncDirectory('');
}

type ByteStep =
  | { readonly kind: 'write'; readonly position: number; readonly length: number }
  | { readonly kind: 'truncate'; readonly length: number }
  | { readonly kind: 'sync' };

const byteSteps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('write' as const),
      position: fc.nat(2000),
      length: fc.integer({ min: 1, max: 1500 }),
    }),
    fc.record({ kind: fc.constant('truncate' as const), length: fc.nat(3000) }),
    fc.record({ kind: fc.constant('sync' as const) }),
  ),
  { maxLength: 12 },
);

/** What a byte at a position may be after a power cut; a plain model, told apart from the driver's way of doing it. */
class PossibleBytes {
  exact: number[] = [];
  readonly possible = new Map<number, Set<number | undefined>>();

  apply(step: ByteStep, tag: number): void {
    if (step.kind === 'sync') this.possible.clear();
    if (step.kind === 'truncate') this.#resize(step.length);
    if (step.kind === 'write') this.#write(step.position, step.length, tag);
  }

  #write(position: number, length: number, tag: number): void {
    if (position + length > this.exact.length) this.#resize(position + length);
    for (let at = position; at < position + length; at++) this.#set(at, tag);
  }

  #resize(length: number): void {
    for (let at = Math.min(length, this.exact.length); at < Math.max(length, this.exact.length); at++) {
      this.#allow(at, 0);
      this.#set(at, at < length ? 0 : undefined);
    }
    this.exact.length = length;
  }

  #set(at: number, value: number | undefined): void {
    this.#allow(at, this.exact[at]);
    this.#allow(at, value);
    if (value !== undefined) this.exact[at] = value;
  }

  #allow(at: number, value: number | undefined): void {
    const values = this.possible.get(at) ?? new Set();
    this.possible.set(at, values.add(value));
  }
}

describe('the bytes after a power cut', () => {
  test('each is what was synced last, or what an unsynced operation left there', async () => {
    const property = fc.asyncProperty(byteSteps, fc.nat(), fc.boolean(), async (steps, seed, tear) => {
      const disk = new MemoryDisk();
      await makeDurable(disk, 'a', new Uint8Array(0));
      const file = await disk.open('a', 'write');
      const model = new PossibleBytes();
      for (const [at, step] of steps.entries()) {
        if (step.kind === 'write') await file.write([new Uint8Array(step.length).fill(at + 1)], step.position);
        if (step.kind === 'truncate') await file.truncate(step.length);
        if (step.kind === 'sync') await file.sync();
        model.apply(step, at + 1);
      }
      expect([...(await readFile(disk, 'a'))]).toEqual(model.exact);
      const left = await readFile(disk.powerCut(seededRandom(seed), { tear }), 'a');
      const length = Math.max(left.byteLength, model.exact.length, ...model.possible.keys());
      for (let at = 0; at < length; at++) {
        const possible = model.possible.get(at);
        if (possible === undefined ? left[at] !== model.exact[at] : !possible.has(left[at])) {
          expect.fail(`byte ${at} is ${left[at]}`);
        }
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });

  /** What becomes of two unsynced writes, 'A' and then 'B', by 200 power cuts. */
  async function outcomes(tear: boolean): Promise<Set<string>> {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const disk = new MemoryDisk();
      await makeDurable(disk, 'a', new Uint8Array(2048).fill(0x2e));
      const file = await disk.open('a', 'write');
      await file.write([new Uint8Array(1024).fill(0x41)], 0);
      await file.write([new Uint8Array(1024).fill(0x42)], 1024);
      const left = Buffer.from(await readFile(disk.powerCut(seededRandom(seed), { tear }), 'a')).toString();
      seen.add(left.replaceAll(/(.)\1*/g, '$1'));
    }
    return seen;
  }

  test('writes are kept or lost each for itself, the later without the earlier too', async () => {
    expect(await outcomes(false)).toEqual(new Set(['.', 'A.', '.B', 'AB']));
  });

  test('a write that tears keeps a prefix or some of its sectors', async () => {
    const torn = await outcomes(true);
    for (const outcome of ['.', 'A.', '.B', 'AB', 'A.B', '.A.', '.AB', 'A.B.']) expect(torn).toContain(outcome);
  });

  test('a sync covers what was written before it began, and nothing later', async () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 50; seed++) {
      const disk = new MemoryDisk();
      await makeDurable(disk, 'a', utf8('12'));
      const file = await disk.open('a', 'write');
      await file.write([utf8('34')], 2);
      await Promise.all([file.write([utf8('56')], 4), file.sync()]);
      lengths.add((await readFile(disk.powerCut(seededRandom(seed), { tear: false }), 'a')).byteLength);
    }
    expect(lengths).toEqual(new Set([4, 6]));
  });
});

type NameStep =
  | { readonly kind: 'create' | 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'sync' };

const names = fc.constantFrom('a', 'b', 'c');
const nameSteps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('create' as const, 'remove' as const), name: names }),
    fc.record({ kind: fc.constant('rename' as const), name: names, to: names }),
    fc.record({ kind: fc.constant('sync' as const) }),
  ),
  { maxLength: 15 },
);

const durableStart: readonly NameStep[] = [
  { kind: 'create', name: 'a' },
  { kind: 'create', name: 'b' },
  { kind: 'sync' },
];

/** Where each name may lead after a power cut, and which files cannot be lost. Files are told by a number. */
class PossibleNames {
  readonly exact = new Map<string, number>();
  readonly possible = new Map<string, Set<number | undefined>>();
  readonly durable = new Set<number>();

  apply(step: NameStep, file: number): void {
    if (step.kind === 'create' && !this.exact.has(step.name)) this.#set(step.name, file);
    if (step.kind === 'remove') this.#set(step.name, undefined);
    if (step.kind === 'rename' && step.name !== step.to) this.#rename(step.name, step.to);
    if (step.kind === 'sync') this.#sync();
    for (const kept of this.durable) if (![...this.exact.values()].includes(kept)) this.durable.delete(kept);
  }

  #rename(name: string, to: string): void {
    const file = this.exact.get(name);
    if (file === undefined) return;
    this.#set(to, file);
    this.#set(name, undefined);
  }

  #sync(): void {
    this.possible.clear();
    for (const file of this.exact.values()) this.durable.add(file);
  }

  #set(name: string, file: number | undefined): void {
    const files = this.possible.get(name) ?? new Set([this.exact.get(name)]);
    this.possible.set(name, files.add(file));
    if (file === undefined) this.exact.delete(name);
    else this.exact.set(name, file);
  }
}

async function takeNameStep(disk: Disk, step: NameStep, file: number): Promise<void> {
  if (step.kind === 'create' && (await disk.stat(step.name)) === undefined) await createNumbered(disk, step.name, file);
  if (step.kind === 'remove') await disk.remove(step.name);
  if (step.kind === 'rename' && (await disk.stat(step.name)) !== undefined) await disk.rename(step.name, step.to);
  if (step.kind === 'sync') await disk.syncDirectory('');
}

/** A file of `number` + 1 synced bytes. */
async function createNumbered(disk: Disk, path: string, number: number): Promise<void> {
  const file = await disk.open(path, 'create-new');
  await file.write([new Uint8Array(number + 1)], 0);
  await file.sync();
  await file.close();
}

async function numberAt(disk: Disk, path: string): Promise<number | undefined> {
  const entry = await disk.stat(path);
  return entry === undefined ? undefined : entry.bytes - 1;
}

describe('the names after a power cut', () => {
  test('each leads where it led at some time since the sync of its directory; no durable file is lost', async () => {
    const property = fc.asyncProperty(nameSteps, fc.nat(), async (steps, seed) => {
      const disk = new MemoryDisk({ capacityBytes: 1000 });
      const model = new PossibleNames();
      for (const [at, step] of [...durableStart, ...steps].entries()) {
        await takeNameStep(disk, step, at);
        model.apply(step, at);
      }
      const left = disk.powerCut(seededRandom(seed));
      const files = new Set<number>();
      for (const name of ['a', 'b', 'c']) {
        const file = await numberAt(left, name);
        if (file !== undefined) files.add(file);
        expect(model.possible.get(name) ?? new Set([model.exact.get(name)])).toContain(file);
      }
      expect([...files]).toEqual(expect.arrayContaining([...model.durable]));
      const usedBytes = [...files].reduce((sum, file) => sum + file + 1, 0);
      expect((await left.space()).freeBytes).toBe(1000 - usedBytes);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test('a file in a new directory needs the sync of both directories', async () => {
    const lost = async (...synced: string[]) => {
      let losses = 0;
      for (let seed = 0; seed < 50; seed++) {
        const disk = new MemoryDisk();
        await disk.makeDirectory('d');
        await createNumbered(disk, 'd/a', 1);
        for (const path of synced) await disk.syncDirectory(path);
        losses += (await disk.powerCut(seededRandom(seed)).stat('d/a')) === undefined ? 1 : 0;
      }
      return losses > 0;
    };
    expect([await lost(), await lost('d'), await lost(''), await lost('d', '')]).toEqual([true, true, true, false]);
  });

  test('a move between directories is durable on either side by a sync of that side', async () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const disk = new MemoryDisk();
      await disk.makeDirectory('d');
      await disk.makeDirectory('e');
      await createNumbered(disk, 'd/a', 1);
      for (const path of ['', 'd', 'e']) await disk.syncDirectory(path);
      await disk.rename('d/a', 'e/a');
      await disk.syncDirectory('e');
      const left = disk.powerCut(seededRandom(seed));
      found.add([await left.list('d'), await left.list('e')].join('|'));
    }
    expect(found).toEqual(new Set(['|a', 'a|a']));
  });
});
