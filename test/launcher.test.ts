import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program of bin/ after a line of preparation, as if on another machine. */
async function start(program: string, args: readonly string[], preparation = '') {
  const preload = `--import=data:text/javascript,${encodeURIComponent(preparation)}`;
  const child = spawn(process.execPath, [preload, `${root}bin/${program}`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? signal));
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk.toString();
  return all;
}

function pretend(name: 'platform' | 'versions', value: unknown): string {
  return `Object.defineProperty(process, '${name}', { value: ${JSON.stringify(value)} });`;
}

test.each([
  ['win32', 'Windows is not supported'],
  ['sunos', 'sunos is not supported'],
])('%s is refused with one line', async (platform, reason) => {
  const { code, out, err } = await start('copyset.mjs', ['status'], pretend('platform', platform));
  expect([code, out]).toEqual([3, '']);
  expect(err).toMatch(new RegExp(`^copyset: ${reason}.*\n$`));
});

test('a Node that is too old to install anything is refused with one line', async () => {
  const { code, err } = await start('launch.mjs', ['start'], pretend('versions', { node: '18.20.0' }));
  expect([code, err]).toEqual([3, 'copyset: Node 18.20.0 is too old; install Node 20 or newer.\n']);
});

test('an unknown task is named, with those there are', async () => {
  const { code, err } = await start('launch.mjs', ['frob']);
  const tasks = 'start, test, test:long, check, bench, bench:peers, bench:catalog';
  expect([code, err]).toEqual([3, `copyset: unknown task "frob"; there are: ${tasks}\n`]);
});

test.each([
  ['in place of itself', ''],
  ['in a child that it mirrors, where Node is older', 'delete process.execve;'],
])('runs the command %s', async (_, preparation) => {
  const { code, out, err } = await start('copyset.mjs', ['status', '--dir', '/nowhere'], preparation);
  expect([code, out]).toEqual([3, '']);
  expect(err).toMatch(/^copyset: no process serves \/nowhere\n/);
});

test('an older Node hands over to the one that came as a package', async () => {
  const preparation = `delete process.execve; ${pretend('versions', { node: '20.20.2' })}`;
  expect(await start('copyset.mjs', ['--help'], preparation)).toMatchObject({ code: 0, err: '' });
});
