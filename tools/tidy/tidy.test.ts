import { describe, expect, test } from 'vitest';
import { effectfulPlaces, rooms } from '../layers.ts';
import { layering } from './layering.ts';
import { findViolations, readTree } from './main.ts';
import { longFiles } from './sizes.ts';
import { parseSource } from './source.ts';

const head = '/** Why: a planted file. */\n';

/** What the rules say about a file of this content, its head in place. */
function messages(path: string, text: string, others: readonly string[] = []): string[] {
  const sources = [parseSource(path, head + text), ...others.map((other) => parseSource(other, head))];
  return findViolations(sources).map(({ message }) => message);
}

function lines(count: number, text: string): string {
  return `${text}\n`.repeat(count);
}

describe('layers', () => {
  test('a room imports what its row names', () => {
    expect(messages('src/catalog/x.ts', "import { a } from '../kv/kv.ts';\nimport { b } from '../base/x.ts';")).toEqual(
      [],
    );
  });

  test('an import against the table is refused, and the allowed ones are named', () => {
    const [message] = messages('src/kv/x.ts', "import { a } from '../catalog/x.ts';");
    expect(message).toBe('kv may not import catalog; it may import: base, observe, disk');
  });

  test.each(['src/catalog/x.ts', 'src/kv/x.ts', 'src/kv/memory/x.ts'])('%s may not import a driver', (path) => {
    expect(
      messages(path, `import { a } from '${path.split('/').length > 3 ? '../' : './'}../kv/sqlite/x.ts';`),
    ).toEqual([expect.stringContaining('kv/sqlite is a driver')]);
  });

  test.each(['src/server/x.ts', 'src/catalog/x.test.ts', 'src/catalog/x.bench.ts', 'src/catalog/x.conformance.ts'])(
    '%s may import a driver',
    (path) => {
      expect(messages(path, "import { a } from '../kv/sqlite/x.ts';")).toEqual([]);
    },
  );

  test('product code imports no tool and no test, and every folder of src is a room', () => {
    expect(messages('src/kv/x.ts', "import { a } from '../../tools/x.ts';")).toHaveLength(1);
    expect(messages('src/helpers/x.ts', '')).toEqual(['"helpers" is no room of tools/layers.ts']);
  });

  test('the tree keeps them', async () => {
    expect(layering(await readTree())).toEqual([]);
  });

  test('the places with exceptions belong to rooms', () => {
    for (const place of effectfulPlaces) expect(Object.keys(rooms)).toContain(place.split('/')[0]);
  });
});

describe('sizes', () => {
  test('a file of 400 lines passes, one more does not', () => {
    expect(messages('src/kv/x.ts', lines(399, '//'))).toEqual([]);
    expect(messages('src/kv/x.ts', lines(400, '//'))).toEqual([expect.stringContaining('401 lines, at most 400')]);
  });

  test('every long file is excused by a reason', () => {
    for (const reason of Object.values(longFiles)) expect(reason.length).toBeGreaterThan(20);
  });

  test('a line of 121 columns is refused', () => {
    expect(messages('src/kv/x.ts', `// ${'x'.repeat(118)}`)).toEqual(['121 columns, at most 120']);
  });

  test.each(['function f() {', 'const f = () => {', 'class A { f() {'])('"%s ..." of 71 lines is refused', (start) => {
    const text = `${start}\n${lines(69, '  a();')}}${start.startsWith('class') ? '}' : ''}`;
    expect(messages('src/kv/x.ts', text)).toEqual([expect.stringContaining('a function of 71 lines, at most 70')]);
  });

  test('a suite may be longer than a function', () => {
    const suite = `describe('x', () => {\n${lines(80, "  test('y', () => {});")}});`;
    expect(messages('src/kv/x.test.ts', suite)).toEqual([]);
    expect(messages('src/kv/x.ts', suite)).toHaveLength(1);
  });

  test('three positional parameters, then options', () => {
    expect(messages('src/kv/x.ts', 'export const f = (a, b, c, options) => a;')).toEqual([]);
    expect(messages('src/kv/x.ts', 'export const f = (a, b, c, { signal } = {}) => a;')).toEqual([]);
    expect(messages('src/kv/x.ts', 'export const f = (a, b, c, d) => a;')).toHaveLength(1);
  });
});

describe('bans', () => {
  test.each([
    ['Date.now()', 'Clock.wallMs'],
    ['new Date()', 'Clock.wallMs'],
    ['performance.now()', 'Clock.monotonicMs'],
    ['setTimeout(f, 1)', 'Clock.sleep'],
    ['setInterval(f, 1)', 'Clock.sleep'],
    ['setImmediate(f)', 'Clock.sleep'],
    ['AbortSignal.timeout(1)', 'deadline()'],
    ['Math.random()', 'Random'],
    ['crypto.randomUUID()', 'Random'],
    ['process.env.HOME', 'an option'],
    ["new Error('x')", 'CopysetError'],
  ])('%s names its replacement', (use, instead) => {
    expect(messages('src/kv/x.ts', `export const a = ${use};`)).toEqual([expect.stringContaining(instead)]);
  });

  test('what only looks like it is left alone', () => {
    const text =
      "export const a = [new Date(1), clock.now(), 'Date.now()', env.process, /Math.random()/]; // setTimeout()";
    expect(messages('src/kv/x.ts', text)).toEqual([]);
  });

  test('suites may use time, never chance without a seed', () => {
    expect(messages('src/kv/x.test.ts', 'setTimeout(f, Date.now());')).toEqual([]);
    expect(messages('src/kv/x.test.ts', 'Math.random();')).toHaveLength(1);
  });

  test('node modules are for drivers, doors and the composition root; their types are for all', () => {
    const text = "import { readFile } from 'node:fs/promises';";
    expect(messages('src/catalog/x.ts', text)).toEqual([expect.stringContaining('node:fs/promises')]);
    expect(messages('src/kv/sqlite/x.ts', text)).toEqual([]);
    expect(messages('src/catalog/x.ts', "import type { Readable } from 'node:stream';")).toEqual([]);
  });

  test('leftovers and module state are refused', () => {
    expect(messages('src/kv/x.ts', `// ${'TO'}${'DO'}: later`)).toEqual([expect.stringContaining('leftover')]);
    expect(messages('src/kv/x.ts', 'let count = 0;')).toEqual([expect.stringContaining('module state')]);
  });
});

describe('names', () => {
  test('every file but a suite says why it exists', () => {
    const says = (path: string, text: string) => findViolations([parseSource(path, text)]).length;
    expect(says('src/kv/x.ts', '/** Something. */')).toBe(1);
    expect(says('src/kv/x.ts', '/**\n * Why: it must.\n */')).toBe(0);
    expect(says('src/kv/x.test.ts', 'f();')).toBe(0);
  });

  test('three files with one prefix are a folder; their suites do not count', () => {
    const two = ['src/kv/read-b.ts', 'src/kv/read-b.test.ts', 'src/disk/read-c.ts'];
    expect(messages('src/kv/read-a.ts', '', two)).toEqual([]);
    expect(messages('src/kv/read-a.ts', '', [...two, 'src/kv/read-c.ts'])).toEqual([
      '3 files "src/kv/read-*": make a folder',
    ]);
  });
});
