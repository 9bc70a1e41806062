import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ready } from './support/dev-process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const installTimeoutMs = 300_000;
let folder: string;

/** As on a machine where only npm and some Node are found. */
const environment = {
  HOME: process.env.HOME,
  PATH: process.env.PATH?.split(':')
    .filter((each) => !each.includes('node_modules'))
    .join(':'),
  CI: 'true',
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-clone-'));
  await promisify(execFile)('git', ['clone', '-q', '--depth=1', `file://${root}`, join(folder, 'clone')]);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** `npm start` with stdin closed; resolves with what it printed when ready and its exit code after SIGTERM. */
async function npmStart(): Promise<{ ready: Ready; err: string; code: unknown }> {
  const args = ['start', '--silent', '--', '--json', '--listen', '127.0.0.1:0', '--dir', join(folder, 'data')];
  const npm = spawn('npm', args, { cwd: join(folder, 'clone'), env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  npm.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const closed = once(npm, 'close');
  const lines: string[] = [];
  for await (const line of createInterface({ input: npm.stdout })) {
    lines.push(line);
    process.kill((JSON.parse(line) as Ready).pid, 'SIGTERM');
  }
  const [code] = await closed;
  expect(lines, err).toHaveLength(1);
  return { ready: JSON.parse(lines[0] ?? '') as Ready, err, code: code as unknown };
}

test('npm start is all it takes, and installs once', { timeout: installTimeoutMs }, async () => {
  const first = await npmStart();
  expect(first.code).toBe(0);
  expect(first.err).toContain('installing dependencies');
  const second = await npmStart();
  expect([second.code, second.err]).toEqual([0, '']);
  expect(second.ready.accessKeyId).toBe(first.ready.accessKeyId);
});
