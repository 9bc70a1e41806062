/**
 * Why: which store serves a site is decided by numbers of the contract, never of a driver's own method. `node
 * src/kv/kv.bench.ts [memory] [sqlite] [sqlite-full] [etcd]` (all when none is named). A commit is a read, an
 * expectation, two overwrites and an insert of 256 random bytes each (SQLite skips a write that changes nothing). The
 * last line is what the disk can do: one append and fdatasync after the other.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEtcd } from '../../tools/engines/etcd.ts';
import { utf8 } from '../base/bytes.ts';
import { seededRandom, systemRandom } from '../base/random.ts';
import { openEtcdKv } from './etcd/etcd-kv.ts';
import type { Kv } from './kv.ts';
import { MemoryKv } from './memory/memory-kv.ts';
import { openSqliteKv } from './sqlite/sqlite-kv.ts';

const entryCount = 20_000;
const secondsEach = 1.5;
const rangeRows = 100;

type Opened = { readonly kv: Kv; readonly release: () => Promise<void> };

const drivers: Readonly<Record<string, (directory: string) => Promise<Opened>>> = {
  memory: async () => opened(new MemoryKv({ random: systemRandom })),
  sqlite: async (directory) => opened(await openSqliteKv({ path: join(directory, 'normal.db'), random: systemRandom })),
  'sqlite-full': async (directory) =>
    opened(await openSqliteKv({ path: join(directory, 'full.db'), random: systemRandom, synchronous: 'full' })),
  etcd: async () => {
    const etcd = await startEtcd();
    const kv = await openEtcdKv({ endpoints: [etcd.endpoint], prefix: utf8('bench/') });
    return { kv, release: () => kv.close().then(() => etcd.stop()) };
  },
};

const opened = (kv: Kv): Opened => ({ kv, release: () => kv.close() });
const keyOf = (at: number) => utf8(`object/${String(at).padStart(12, '0')}`);
const noise = systemRandom.bytes(1024 * 1024);
const random = seededRandom(1);
const anyOf = (count: number) => random.integer(count);

function newPut(at: number) {
  const start = anyOf(noise.byteLength - 256);
  return { key: keyOf(at), value: noise.subarray(start, start + 256) };
}

async function load(kv: Kv): Promise<void> {
  for (let at = 0; at < entryCount; at += kv.limits.maxOpsPerCommit) {
    await kv.commit({ put: Array.from({ length: kv.limits.maxOpsPerCommit }, (_, plus) => newPut(at + plus)) });
  }
}

/** Calls a second of `work` by so many clients. */
async function rate(inFlight: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  const end = start + secondsEach * 1000;
  let done = 0;
  const client = async () => {
    for (; performance.now() < end; done++) await work();
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  return (done / (performance.now() - start)) * 1000;
}

async function measure(kv: Kv): Promise<Record<string, number>> {
  let inserted = entryCount;
  const commit = async () => {
    const entry = await kv.get(keyOf(anyOf(entryCount)));
    const others = [anyOf(entryCount / 2), entryCount / 2 + anyOf(entryCount / 2), inserted++];
    const still = entry === undefined ? [] : [{ kind: 'value' as const, ...entry }];
    await kv.commit({ expect: still, put: others.map(newPut) });
  };
  const get = async () => void (await kv.get(keyOf(anyOf(entryCount))));
  const range = async () => void (await kv.range({ from: keyOf(anyOf(entryCount - rangeRows)), limit: rangeRows }));
  return {
    'commits/s, 1 in flight': await rate(1, commit),
    '16 in flight': await rate(16, commit),
    '64 in flight': await rate(64, commit),
    'gets/s, 1': await rate(1, get),
    'gets/s, 64': await rate(64, get),
    'rows/s': rangeRows * (await rate(4, range)),
  };
}

/** Appends of 4 KiB, each synced, a second. */
function syncsPerSecond(directory: string): number {
  const file = openSync(join(directory, 'limit'), 'a');
  const start = performance.now();
  let done = 0;
  for (; performance.now() < start + secondsEach * 1000; done++) {
    writeSync(file, noise, anyOf(noise.byteLength - 4096), 4096);
    fdatasyncSync(file);
  }
  closeSync(file);
  return (done / (performance.now() - start)) * 1000;
}

const directory = mkdtempSync(join(tmpdir(), 'copyset-kv-bench-'));
const rows: Record<string, Record<string, number>> = {};
try {
  const named = process.argv.slice(2);
  for (const [name, open] of Object.entries(drivers).filter(([each]) => named.length === 0 || named.includes(each))) {
    const { kv, release } = await open(directory);
    await load(kv);
    rows[name] = Object.fromEntries(
      Object.entries(await measure(kv)).map(([what, value]) => [what, Math.round(value)]),
    );
    await release();
  }
  process.stdout.write(`${table(rows)}\nappend + fdatasync: ${Math.round(syncsPerSecond(directory))}/s\n`);
} finally {
  rmSync(directory, { recursive: true });
}

function table(results: Readonly<Record<string, Record<string, number>>>): string {
  const columns = Object.keys(Object.values(results)[0] ?? {});
  const line = (name: string, cells: readonly (string | number)[]) =>
    [name.padEnd(12), ...cells.map((cell, at) => String(cell).padStart(Math.max(9, columns[at]?.length ?? 0)))].join(
      '  ',
    );
  const body = Object.entries(results).map(([name, row]) => line(name, Object.values(row)));
  return [line('', columns), ...body].join('\n');
}
