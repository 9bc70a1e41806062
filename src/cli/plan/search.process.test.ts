import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleFile } from '../../plan/example-inputs.ts';
import { runProgram } from '../program.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-search-'));
  const unmeasured = exampleFile({ links: [{ from: 'a', to: 'b', oneWay: '20ms' }] });
  await writeFile(at('in.json'), JSON.stringify(exampleFile({ limits: ['writeUnavailability<=1%'] })));
  await writeFile(at('guess.json'), JSON.stringify(unmeasured));
});

afterAll(() => rm(folder, { recursive: true }));

async function search(rest: string, errIsTerminal = false) {
  let [out, err] = ['', ''];
  const args = ['plan', 'search', '--designs', '3000', ...rest.split(' ')];
  const code = await runProgram(
    args.map((each) => (each.startsWith('@') ? at(each.slice(1)) : each)),
    {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      outBytes: async () => undefined,
      outIsTerminal: false,
      errIsTerminal,
      environment: {},
    },
  );
  return { code, out, err };
}

test('searches in threads, shows how far it is, keeps what it chose', async () => {
  const { code, out, err } = await search('--inputs @in.json --out @kept --front @front.json', true);
  expect(code).toBe(0);
  expect(err).toMatch(/\[#+-*\] +\d+ % [\d,]+ of [\d,]+ designs, .* to go/);
  const { chosen, evaluated } = JSON.parse(out) as { chosen: { design: { id: string } }; evaluated: number };
  expect(evaluated).toBeGreaterThan(1000);
  expect(JSON.parse(await readFile(at('kept/chosen.json'), 'utf8'))).toMatchObject({ id: chosen.design.id });
  expect(JSON.parse(await readFile(at('front.json'), 'utf8'))).toContainEqual(
    expect.objectContaining({ design: expect.objectContaining({ W: expect.any(Number) as unknown }) as unknown }),
  );
  expect((await search('--inputs @in.json')).out).toBe(out);
});

test('what cannot be met is shown by what comes nearest', async () => {
  const { code, out } = await search('--inputs @in.json --require usdPerMonth<=1');
  expect([code, JSON.parse(out)]).toEqual([3, expect.objectContaining({ chosen: null })]);
});

test('advice on round trips that nobody measured is refused', async () => {
  const { code, err } = await search('--inputs @guess.json');
  expect([code, err]).toEqual([2, expect.stringContaining('not measured: a-b')]);
});
