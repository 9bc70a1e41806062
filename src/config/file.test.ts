import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCopysetError } from '../base/errors.ts';
import { parseConfig, readConfigFile } from './file.ts';
import { keyOf, type OptionName, options } from './options.ts';
import { refuseMisspelt, resolveWithOrigins } from './resolve.ts';
import { nearestName } from './spelling.ts';

const names = ['dir', 'listen', 'volumes', 'replicas', 'memoryBytes', 'sweep', 'rootSecretKey'] as const;

function parse(...lines: readonly string[]): Record<string, unknown> {
  const { entries } = parseConfig(lines.join('\n'), { path: 'copyset.yaml', names });
  return Object.fromEntries([...entries].map(([name, { value }]) => [name, value]));
}

describe('a file', () => {
  test('holds the values of options, by the names of their flags', () => {
    expect(parse("listen: '[::1]:0'", 'memory-bytes: 4GiB # plenty', 'replicas: 2', 'dir: "/a b"')).toEqual({
      listen: { host: '::1', port: 0 },
      memoryBytes: 4 * 2 ** 30,
      replicas: 2,
      dir: '/a b',
    });
  });

  test.each(['', '# nothing', '---\n'])('may be empty: %j', (text) => {
    expect(parse(text)).toEqual({});
  });

  test('lists volumes, by path alone or with weight and domain', () => {
    expect(parse('volumes: 4')).toEqual({ volumes: 4 });
    expect(parse('volumes: /a,/b')).toEqual({ volumes: [{ path: '/a' }, { path: '/b' }] });
    expect(parse('volumes:', '- /a', '- path: /b', '  weight: 3', '  domain: eu/a/r/n/d')).toEqual({
      volumes: [{ path: '/a' }, { path: '/b', weight: 3, domain: 'eu/a/r/n/d' }],
    });
    expect(parse('sweep: [N, M]')).toEqual({ sweep: ['N', 'M'] });
  });

  test.each<[string, string, string[]]>([
    [
      'a key with a typing error',
      'unknown key `volumse` at copyset.yaml:3; did you mean `volumes`?',
      ['dir: /a', '', 'volumse: 3'],
    ],
    ['a key in another style', '`memoryBytes` at copyset.yaml:1; did you mean `memory-bytes`?', ['memoryBytes: 1GiB']],
    [
      'a key that is like no other',
      'unknown key `frobnicate` at copyset.yaml:1; known are dir, listen,',
      ['frobnicate: 1'],
    ],
    ['a key of another command', 'unknown key `json` at copyset.yaml:1', ['json: true']],
    ['a key twice', 'the key `dir` stands twice: at copyset.yaml:1 and at copyset.yaml:3', ['dir: a', '', 'dir: b']],
    [
      'a key of a volume',
      'unknown key `domian` at copyset.yaml:3; did you mean `domain`?',
      ['volumes:', '- path: /a', '  domian: x'],
    ],
    ['a volume without its path', 'the item at copyset.yaml:2 has no `path`', ['volumes:', '- weight: 3']],
    ['a relative volume', '`path` at copyset.yaml:2 is "a"; give an absolute path', ['volumes:', '- a']],
    [
      'a volume twice',
      '`volumes` at copyset.yaml:1: the list is empty, too long, or names one path twice',
      ['volumes: ["/a", "/a/"]'],
    ],
    ['no volume', 'copyset.yaml:1: the list is empty', ['volumes: []']],
    ['a value out of range', '`replicas` at copyset.yaml:1 is "9"; give 1..5', ['replicas: 9']],
    ['a size without its unit', '`memory-bytes` at copyset.yaml:1 is "1000"; give 64MiB..1TiB', ['memory-bytes: 1000']],
    ['a map for a value', '`listen` at copyset.yaml:1 must be one value: HOST:PORT', ['listen:', '  host: x']],
    ['a list for a value', '`replicas` at copyset.yaml:1 must be one value', ['replicas: [1, 2]']],
    ['a value left out', '`listen` at copyset.yaml:1 has no value; give HOST:PORT', ['listen:']],
    ['an alias', '`dir` at copyset.yaml:2 must be one value', ['listen: &x localhost:1', 'dir: *x']],
    ['a list for a file', 'copyset.yaml must hold keys with their values', ['- dir']],
    ['text for a file', 'copyset.yaml must hold keys with their values', ['dir']],
    ['two documents', 'copyset.yaml:2: Source contains multiple documents', ['dir: a', '---', 'dir: b']],
    ['YAML that is none', 'copyset.yaml:2: ', ['dir: "a', 'listen: 1']],
  ])('%s is named', (_, message, lines) => {
    expect(() => parse(...lines)).toThrow(message);
  });

  test('a secret that is none is not repeated', () => {
    expect(() => parse('root-secret-key: a b')).toThrow('`root-secret-key` at copyset.yaml:1 is no valid secret; give');
  });

  test('whatever stands there is read or refused as bad input', () => {
    const odd = 'ab: -\n\t"[]{}&*!|>%@#,0?'.split('');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...odd), maxLength: 60 }), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(isCopysetError(error, 'request.invalid'), String(error)).toBe(true);
        }
      }),
    );
  });

  test('that cannot be read is named, and so is one that is too long', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'copyset-config-'));
    const path = join(folder, 'c.yaml');
    await expect(readConfigFile(path, names)).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining(path) as unknown,
    });
    await expect(readConfigFile(folder, names)).rejects.toThrow(folder);
    await writeFile(path, `# ${'x'.repeat(2 ** 20)}`);
    await expect(readConfigFile(path, names)).rejects.toThrow('longer than 1 MiB');
    await writeFile(path, 'replicas: 2');
    expect((await readConfigFile(path, names)).entries.get('replicas')).toEqual({ value: 2, line: 1 });
    await rm(folder, { recursive: true });
  });
});

test('every value tells where it comes from, and the nearest source wins', () => {
  const file = parseConfig('dir: /file\nreplicas: 2\nvolumes: 7', { path: 'c.yaml', names });
  const environment = { COPYSET_DIR: '/env', COPYSET_VOLUMES: '6' };
  const { values, origins } = resolveWithOrigins(
    ['dir', 'replicas', 'volumes', 'listen', 'memoryBytes'],
    { dir: '/flag' },
    environment,
    { file, defaults: { memoryBytes: 2 ** 30 } },
  );
  expect(values).toEqual({
    dir: '/flag',
    replicas: 2,
    volumes: 6,
    listen: options.listen.default,
    memoryBytes: 2 ** 30,
  });
  expect(origins).toEqual({
    dir: '--dir',
    replicas: 'c.yaml:2',
    volumes: 'COPYSET_VOLUMES',
    listen: 'default',
    memoryBytes: 'default',
  });
});

test('a variable with a typing error is named, others are left alone', () => {
  const wanted: OptionName[] = ['volumes', 'listen', 'dir', 'rootSecretKeyFile'];
  const message = 'unknown variable COPYSET_VOLUMSE; did you mean COPYSET_VOLUMES?';
  expect(() => refuseMisspelt(wanted, { COPYSET_VOLUMSE: '3' })).toThrow(message);
  const injected = ['SERVICE_HOST', 'SERVICE_PORT', 'PORT', 'PORT_9000_TCP', 'PORT_9000_TCP_ADDR', 'SERVICE_PORT_S3'];
  const others = [...injected, 'DOMAIN', 'JSON'].map((name) => [`COPYSET_${name}`, 'x']);
  expect(() => refuseMisspelt(wanted, { ...Object.fromEntries(others), VOLUMSE: '3' })).not.toThrow();
});

test('the name that was meant is found by its letters', () => {
  const known = (Object.keys(options) as OptionName[]).map(keyOf);
  for (const [given, meant] of [
    ['volumse', 'volumes'],
    ['listn', 'listen'],
    ['LISTEN', 'listen'],
    ['memory_bytes', 'memory-bytes'],
    ['xyzzyxyzzy', undefined],
    ['', undefined],
  ]) {
    expect([given, nearestName(given ?? '', known)]).toEqual([given, meant]);
  }
});
