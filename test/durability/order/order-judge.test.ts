import { expect, test } from 'vitest';
import { OrderJudge } from './order-judge.ts';
import { readMoments } from './strace-log.ts';

const etag = '0123456789abcdef0123456789abcdef';
const block = `${'aa'.repeat(32)}12`;

/** Where the block lies in each of two volumes, 300 bytes from 4096. */
const placed = ['v1', 'v2'].map((volume) => {
  return { name: block, path: `/${volume}/segments/00000001.seg`, from: 4096, to: 4396 };
});

const create = (path: string) => `7 openat(AT_FDCWD</>, "${path}", O_RDWR|O_CREAT|O_EXCL, 0600) = 20<${path}>`;
const write = (path: string, text: string) => `7 pwrite64(20<${path}>, ${text}, 64, 0) = 64`;
const writeAt = (path: string, position: number, bytes: number) =>
  `7 pwrite64(20<${path}>, "...", ${bytes}, ${position}) = ${bytes}`;
const sync = (path: string) => `8 fdatasync(20<${path}>) = 0`;
const syncDirectory = (path: string) => `8 fsync(21</${path}>) = 0`;
const answer = `7 write(30<socket:[1]>, "HTTP/1.1 200 OK\\r\\netag: \\"${etag}\\"", 90) = 90`;

function segment(volume: string): string[] {
  const path = `/${volume}/segments/00000001.seg`;
  return [create(path), writeAt(path, 4096, 4096), sync(path), syncDirectory(`${volume}/segments`)];
}

function journal(volume: string): string[] {
  const [temporary, path] = [`/${volume}/journal/log-1.tmp`, `/${volume}/journal/log-1`];
  const rename = `7 rename("${temporary}", "${path}") = 0`;
  const append = [write(path, `"CSJR...${etag}..."`), sync(path)];
  return [create(temporary), rename, syncDirectory(`${volume}/journal`), ...append];
}

const good = [segment('v1'), segment('v2'), journal('v1'), journal('v2'), answer].flat();

async function judge(lines: readonly string[]): Promise<readonly string[]> {
  const judge = new OrderJudge({
    acknowledged: [{ etag, blocks: [block] }],
    placed,
    quorums: { volumes: 2, journals: 2 },
  });
  for await (const moment of readMoments(toLines(lines))) judge.see(moment);
  expect(judge.verdict.judged).toBe(1);
  return judge.verdict.broken;
}

async function* toLines(lines: readonly string[]) {
  yield* lines;
}

function without(lines: readonly string[], call: string, path: string): string[] {
  const at = lines.findIndex((line) => line.includes(call) && line.includes(path));
  expect(at).toBeGreaterThanOrEqual(0);
  return lines.toSpliced(at, 1);
}

test('finds nothing in what keeps the promise', async () => {
  expect(await judge(good)).toEqual([]);
});

test.each([
  ['fdatasync', '/v2/segments/', 'durable on 1 volumes when it was acknowledged'],
  ['fsync', '/v2/segments', 'durable on 1 volumes when it was acknowledged'],
  ['pwrite64', '/v2/segments/', 'durable on 1 volumes when it was acknowledged'],
  ['fdatasync', '/v1/journal/', 'durable in 1 journals when it was acknowledged'],
  ['fsync', '/v1/journal', 'durable in 1 journals when it was acknowledged'],
])('misses the %s of %s', async (call, path, message) => {
  expect(await judge(without(good, call, path))).toContainEqual(expect.stringContaining(message));
});

test('a sync that began before the write covers nothing', async () => {
  const path = '/v2/segments/00000001.seg';
  const overlapping = [
    create(path),
    `8 fdatasync(20<${path}> <unfinished ...>`,
    writeAt(path, 4096, 4096),
    '8 <... fdatasync resumed>) = 0',
    syncDirectory('v2/segments'),
  ];
  const lines = [segment('v1'), overlapping, journal('v1'), journal('v2'), answer].flat();
  expect(await judge(lines)).toContainEqual(expect.stringContaining('durable on 1 volumes'));
});

test.each([
  [
    'in two writes',
    [
      [4096, 200],
      [4296, 4000],
    ],
    [],
  ],
  ['behind others', [[0, 8192]], []],
  ['but for its end', [[4096, 299]], ['1']],
  [
    'but for its middle',
    [
      [4096, 100],
      [4200, 200],
    ],
    ['1'],
  ],
  ['elsewhere', [[8192, 4096]], ['1']],
])('a block that is written %s', async (_, writes, volumes) => {
  const path = '/v2/segments/00000001.seg';
  const second = [create(path), ...writes.map(([from = 0, bytes = 0]) => writeAt(path, from, bytes)), sync(path)];
  const lines = [segment('v1'), second, syncDirectory('v2/segments'), journal('v1'), journal('v2'), answer].flat();
  const broken = await judge(lines);
  expect(broken.slice(0, 1)).toEqual(volumes.map((count) => expect.stringContaining(`durable on ${count} volumes`)));
});

test('a short write counts for what it wrote', async () => {
  const path = '/v2/segments/00000001.seg';
  const short = good.map((line) => (line === writeAt(path, 4096, 4096) ? line.replace('= 4096', '= 128') : line));
  expect(await judge(short)).toContainEqual(expect.stringContaining('durable on 1 volumes'));
});

test('a sync that has not returned covers nothing', async () => {
  const late = good.map((line) =>
    line === sync('/v2/journal/log-1') ? line.replace(') = 0', ' <unfinished ...>') : line,
  );
  expect(await judge([...late, '8 <... fdatasync resumed>) = 0'])).toEqual([
    expect.stringContaining('durable in 1 journals when it was acknowledged'),
  ]);
});

test('a sync that failed covers nothing', async () => {
  const failing = sync('/v2/segments/00000001.seg');
  const lines = good.map((line) => (line === failing ? line.replace('= 0', '= -1 EIO (Input/output error)') : line));
  expect(await judge(lines)).toContainEqual(expect.stringContaining('durable on 1 volumes'));
});

test('a record may not be written before the blocks are durable', async () => {
  const early = [segment('v1'), journal('v1'), segment('v2'), journal('v2'), answer].flat();
  expect(await judge(early)).toEqual([expect.stringContaining('durable on 1 volumes when its record was written')]);
});

test('a directory that was made must be synced in its parent', async () => {
  const made = ['7 mkdir("/v2", 0700) = 0', ...good];
  expect(await judge(made)).toContainEqual(expect.stringContaining('durable on 1 volumes'));
  expect(await judge([...made.slice(0, 1), '8 fsync(21</>) = 0', ...made.slice(1)])).toEqual([]);
});
