import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openNodeDisk } from './node-disk.ts';

const holder = `
  const { openNodeDisk } = await import(${JSON.stringify(new URL('node-disk.ts', import.meta.url))});
  try {
    await openNodeDisk(process.argv[1]).lock('lock');
    console.log('locked');
  } catch (error) {
    console.log(error.code);
    process.exit();
  }
  setInterval(() => undefined, 1000);
`;

describe('the lock of a directory', () => {
  let root: string;
  const started: ChildProcess[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'copyset-lock-'));
  });
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    await rm(root, { recursive: true });
  });

  /** Starts a process that takes the lock; resolves with its answer. */
  async function start(): Promise<{ child: ChildProcess; answer: string }> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', holder, root], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    started.push(child);
    const [chunk] = await once(child.stdout, 'data');
    return { child, answer: String(chunk).trim() };
  }

  test('excludes other processes, and dies with its holder by kill -9', async () => {
    const first = await start();
    expect(first.answer).toBe('locked');
    expect((await start()).answer).toBe('volume.locked');
    await expect(openNodeDisk(root).lock('lock')).rejects.toMatchObject({ code: 'volume.locked' });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const lock = await openNodeDisk(root).lock('lock');
    expect((await start()).answer).toBe('volume.locked');
    await lock.release();
    expect((await start()).answer).toBe('locked');
  });

  test('a refused attempt of the holding process does not lose its lock', async () => {
    const disk = openNodeDisk(root);
    const lock = await disk.lock('lock');
    await expect(disk.lock('lock')).rejects.toMatchObject({ code: 'volume.locked' });
    await disk.stat('lock');
    expect((await start()).answer).toBe('volume.locked');
    await lock.release();
  });
});
