import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { exampleFile } from '../../plan/example-inputs.ts';
import { metricIds } from '../../plan/model/metrics.ts';
import { runProgram } from '../program.ts';

let folder: string;
const at = (name: string) => join(folder, name);

const design = { id: 'mine', placement: ['a-1', 'a-2', 'b-1'] };
const fill = 'step: 1d\ncapacity: 10TB\nvalues: [1TB, 2TB, 3TB, 4TB, 5TB]\n';
const load = 'step: 1h\nvalues: [1/s, 2/s, 3/s, 4/s]\napplyRate: 900/s\npropagation: 40ms\nburst: 10min\n';
const vector = { id: 'v', fn: 'nines', input: { unavailability: 0.01 }, tolerance: { rel: 1e-9, abs: 0 } };
const metrics = 'copyset_volume_capacity_bytes{volume="a-1"} 5\n';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-plan-'));
  const files = {
    'in.yaml': stringify(exampleFile({ limits: ['writeUnavailability<=1%', 'readP99Sec<=300ms'] })),
    'strict.json': JSON.stringify(exampleFile({ limits: ['readP99Sec<=1us'] })),
    'mine.yaml': stringify(design),
    'next.yaml': stringify({ id: 'next', placement: ['a-1', 'b-1'] }),
    'fill.yaml': fill,
    'load.yaml': load,
    'good.json': JSON.stringify([{ ...vector, expected: { nines: 2 } }]),
    'bad.json': JSON.stringify([{ ...vector, expected: { nines: 3 } }]),
    'none.json': '[]',
    'cut.json': '[{',
    'cut.yaml': 'sites: [',
    'metrics.txt': metrics,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
});

afterAll(() => rm(folder, { recursive: true }));

type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** `@name` is a file of the folder. */
async function plan(line: string, outIsTerminal = false): Promise<Ran> {
  let [out, err] = ['', ''];
  const args = line.split(' ').map((each) => (each.startsWith('@') ? at(each.slice(1)) : each));
  const code = await runProgram(['plan', ...args], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outBytes: async () => undefined,
    outIsTerminal,
    errIsTerminal: false,
    environment: {},
  });
  return { code, out, err };
}

async function answerOf(line: string): Promise<unknown> {
  return JSON.parse((await plan(line)).out) as unknown;
}

describe('verify', () => {
  test('prints a line for each failure, and a total', async () => {
    expect(await plan('verify --vectors @good.json')).toMatchObject({ code: 0, out: '{"passed":1,"failed":0}\n' });
    expect(await plan('verify --vectors @bad.json', true)).toMatchObject({
      code: 1,
      out: 'v (nines): nines: got 2, expected 3\n0 passed, 1 failed\n',
    });
    expect((await plan('verify --vectors @bad.json --json', true)).out.split('\n')[1]).toBe('{"passed":0,"failed":1}');
  });

  test.each(['none.json', 'cut.json', 'missing.json', 'fill.yaml'])('%s is bad input', async (name) => {
    expect(await plan(`verify --vectors @${name}`)).toMatchObject({ code: 2, out: '' });
  });
});

describe('one design', { timeout: 60_000 }, () => {
  test('evaluate shows every number with its source', async () => {
    const { code, out } = await plan('evaluate --inputs @in.yaml --config @mine.yaml', true);
    expect(code).toBe(0);
    for (const metric of metricIds) expect(out).toMatch(new RegExp(`^${metric} .*(measured|default|assumed)`, 'm'));
    expect(await answerOf('evaluate --inputs @in.yaml')).toMatchObject({ design: { id: 'usual' }, broken: [] });
  });

  test('what breaks a limit is not met; the command line has the last word', async () => {
    expect((await plan('evaluate --inputs @strict.json')).code).toBe(3);
    expect((await plan('evaluate --inputs @strict.json --require readP99Sec<=2s')).code).toBe(0);
    const line = 'evaluate --inputs @in.yaml --require readP99Sec<=2s --require cacheHit>=50%';
    expect(await answerOf(line)).toMatchObject({ broken: ['cacheHit>=0.5'] });
  });

  test('simulate gives the same for the same seed', async () => {
    const line = 'simulate --inputs @in.yaml --config @mine.yaml --horizon 30s --seed 7';
    expect(await plan(line)).toEqual(await plan(line));
  });

  test('explain takes a file, sensitivity says what moves', async () => {
    expect((await plan('explain @mine.yaml --inputs @in.yaml', true)).out).toContain('domainQuorumAvailability');
    expect((await plan('sensitivity --inputs @in.yaml --config @mine.yaml', true)).out).toContain('links.oneWay');
  });

  test('diff prints the commands', async () => {
    const { code, out } = await plan('diff --inputs @in.yaml --from @mine.yaml --to @next.yaml', true);
    expect([code, out]).toEqual([0, expect.stringContaining('copyset bucket create NEW-BUCKET --copies 2')]);
  });

  test('doc draws only where it is told to', async () => {
    const { code, err } = await plan('doc --inputs @in.yaml --sweep M --out @plots');
    expect([code, err.split('\n')[0]]).toEqual([0, `wrote ${at('plots/sweep-M.csv')}`]);
    expect(await readFile(at('plots/sweep-M-latency.svg'), 'utf8')).toMatch(/^<svg /);
    expect((await plan('doc --inputs @in.yaml --sweep M')).err).toBe('');
  });
});

describe('calibrate', () => {
  const first = { nodes: [{ capacity: { value: 5, source: 'measured' } }, {}, {}, {}, {}] };

  test('makes an inputs file of scrapes', async () => {
    const { code } = await plan('calibrate --inputs @in.yaml --from @metrics.txt --over 1h --out @cal/in.json');
    expect(code).toBe(0);
    expect(JSON.parse(await readFile(at('cal/in.json'), 'utf8'))).toMatchObject(first);
    expect((await plan('calibrate --inputs @cal/in.json --from @metrics.txt --over 1h')).code).toBe(0);
  });

  test('asks a running store', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.end(metrics);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    expect(await answerOf(`calibrate --inputs @in.yaml --from ${url} --over 1s`)).toMatchObject(first);
    expect(asked).toBe(2);
    server.close();
    expect((await plan(`calibrate --inputs @in.yaml --from ${url} --over 1s`)).code).toBe(3);
  });
});

test('forecast: not met when it runs out within the horizon', async () => {
  expect((await plan('forecast --from @fill.yaml --horizon 30d')).code).toBe(3);
  expect((await plan('forecast --from @fill.yaml --horizon 2d')).code).toBe(0);
  expect((await plan('forecast --metric lag --from @load.yaml --horizon 1d')).code).toBe(0);
});

test.each([
  ['evaluate', '--inputs is missing'],
  ['evaluate --inputs @missing.yaml', 'missing.yaml: ENOENT'],
  ['evaluate --inputs @cut.yaml', 'cut.yaml: '],
  ['evaluate --inputs @in.yaml --config nobody', '"nobody" is no file, and no design'],
  ['evaluate --inputs @in.yaml --require cost<=1', 'there is no metric "cost"'],
  ['diff --inputs @in.yaml --from @mine.yaml', '--to is missing'],
  ['doc --inputs @in.yaml --sweep M,X', '--sweep is "M,X"'],
  ['calibrate --inputs @in.yaml --from @metrics.txt', '--over is missing'],
  ['forecast --from @load.yaml', 'history.values[0]: "1/s" is no quantity in bytes'],
  ['forecast --from @fill.yaml --metric lag', 'history.values[0]: "1TB" is no quantity in perSecond'],
])('%s is bad input', async (line, message) => {
  expect(await plan(line)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as unknown });
});
