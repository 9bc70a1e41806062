import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonTool, type Ran, run } from './clients/python-tool.ts';
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

const tools = [await pythonTool('awscli'), await pythonTool('boto3')] as const;
const missing = tools.flatMap((tool) => ('missing' in tool ? tool.missing : []));
const title = ['the lines that it prints are all that a stranger needs', ...missing].join(', skipped: ');

test.skipIf(missing.length > 0)(title, { timeout: 600_000 }, async () => {
  const [aws = '', boto3 = ''] = tools.map((tool) => ('python' in tool ? tool.python : ''));
  await using terminal = new Terminal(['start', '--', '--listen', '127.0.0.1:0', '--dir', join(folder, 'pasted')]);
  await expect.poll(() => terminal.shown, { timeout: 60_000 }).toContain('Ctrl-C');
  const [settings = '', ...commands] = indentedLines(terminal.shown.slice(terminal.shown.indexOf('Paste')));

  const see = 'aws s3 ls s3://models; aws s3 rb --force s3://models';
  const pasted = await shell([`PATH=${dirname(aws)}:$PATH`, settings, ...commands, see]);
  expect(pasted).toMatchObject({ code: 0, out: expect.stringContaining(' README.md\n') as unknown });

  const flow = [boto3, join(root, 'test', 'clients', 'boto3_flow.py'), folder].join(' ');
  expect(await shell([settings, `AWS_DEFAULT_REGION=$AWS_REGION ${flow}`])).toMatchObject({ code: 0 });

  const [status = ''] = /node \S+ status --dir \S+(?=`)/.exec(terminal.shown) ?? [];
  expect(JSON.parse((await shell([status])).out)).toMatchObject({ state: 'serving', underReplicatedBlocks: 0 });
  await terminal.interrupt();
  expect(await shell([status])).toMatchObject({
    code: 3,
    err: expect.stringContaining('no process serves') as unknown,
  });
});

/** npm as in a terminal: what it shows, and Ctrl-C for all that it started. */
class Terminal {
  readonly #npm: ChildProcess;
  readonly #closed: Promise<unknown>;
  shown = '';

  constructor(args: readonly string[]) {
    this.#npm = spawn('npm', args, { cwd: join(folder, 'clone'), env: environment, detached: true });
    this.#closed = once(this.#npm, 'close');
    this.#npm.stdout?.on('data', (chunk: Buffer) => {
      this.shown += chunk.toString();
    });
  }

  async interrupt(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#npm;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGINT');
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.interrupt();
  }
}

function indentedLines(text: string): string[] {
  return [...text.matchAll(/^ {2}(\S.*)$/gm)].map(([, line = '']) => line);
}

/** In the clone, as lines that are typed into another terminal. */
function shell(lines: readonly string[]): Promise<Ran> {
  return run('sh', ['-ec', [`cd ${join(folder, 'clone')}`, ...lines].join('\n')], environment);
}
