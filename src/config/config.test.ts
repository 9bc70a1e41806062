import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultText, flagOf, type Option, type OptionName, options, variableOf } from './options.ts';
import { resolveOptions } from './resolve.ts';
import {
  address,
  anyText,
  bytes,
  domain,
  duration,
  integer,
  list,
  oneOf,
  path,
  readValue,
  switchValue,
  type ValueType,
} from './value.ts';

const names = Object.keys(options) as OptionName[];
const KiB = 1024;

describe('values', () => {
  const rows: [string, ValueType<unknown>, string, unknown][] = [
    ['path', path, './x', './x'],
    ['path', path, '', undefined],
    ['switch', switchValue, 'true', true],
    ['switch', switchValue, '0', false],
    ['switch', switchValue, 'maybe', undefined],
    ['switch', switchValue, 'toString', undefined],
    ['address', address, 'localhost:9000', { host: 'localhost', port: 9000 }],
    ['address', address, '[::1]:0', { host: '::1', port: 0 }],
    ['address', address, '9000', undefined],
    ['address', address, 'x:65536', undefined],
    ['address', address, '::1:80', undefined],
    ['integer', integer(1, 5), '5', 5],
    ['integer', integer(1, 5), '6', undefined],
    ['integer', integer(1, 5), '1.5', undefined],
    ['integer', integer(1, 5), '', undefined],
    ['bytes', bytes(0, KiB ** 2), '1.5KiB', 1536],
    ['bytes', bytes(0, KiB ** 2), '1MiB', KiB ** 2],
    ['bytes', bytes(0, KiB ** 2), '2MiB', undefined],
    ['bytes', bytes(0, KiB ** 2), '100', undefined],
    ['bytes', bytes(0, KiB ** 2), '1MB', undefined],
    ['duration', duration(0, 86_400_000), '10min', 600_000],
    ['duration', duration(0, 86_400_000), '1d', 86_400_000],
    ['duration', duration(0, 86_400_000), '1constructor', undefined],
    ['domain', domain, 'eu/a/r1/n1/sda', 'eu/a/r1/n1/sda'],
    ['domain', domain, 'eu/a/r1/n1', undefined],
    ['domain', domain, 'eu//r1/n1/sda', undefined],
    ['choice', oneOf('a', 'b'), 'b', 'b'],
    ['choice', oneOf('a', 'b'), 'c', undefined],
    ['text', anyText('METRIC'), 'x<=1', 'x<=1'],
    ['text', anyText('METRIC'), '', undefined],
    ['list', list(oneOf('a', 'b')), 'b,a', ['b', 'a']],
    ['list', list(oneOf('a', 'b')), '', []],
    ['list', list(oneOf('a', 'b')), 'a,,b', undefined],
  ];
  test.each(rows)('%s: %o reads %j as %j', (_, type, text, expected) => {
    expect(type.read(text)).toEqual(expected);
  });

  test('sizes and times survive being printed', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), (value) => {
        expect(bytes(0, 2 ** 40).read(bytes(0, 0).print(value))).toBe(value);
        expect(duration(0, 2 ** 40).read(duration(0, 0).print(value))).toBe(value);
      }),
    );
  });

  test('a wrong text is answered with its origin and the form that is wanted', () => {
    expect(() => readValue(address, 'x', '--listen')).toThrow('--listen is "x"; give HOST:PORT');
    expect(() => readValue(switchValue, 'x', 'COPYSET_JSON')).toThrow('COPYSET_JSON is "x"; give true or false');
  });
});

describe('options', () => {
  test.each(names)('%s has a default that its own type reads, and a text', (name) => {
    const { type, default: value, text }: Option = options[name];
    if (value !== undefined) expect(type.read(defaultText(name))).toEqual(value);
    expect(text).toMatch(/^[a-z].*[^.]$/);
  });

  test('names are spelled as flags and variables', () => {
    expect([flagOf('blockBytes'), variableOf('blockBytes')]).toEqual(['--block-bytes', 'COPYSET_BLOCK_BYTES']);
    expect(flagOf('lostAfterMs')).toBe('--lost-after');
  });

  test('a flag wins over the environment, the environment over the default', () => {
    const environment = { COPYSET_VOLUMES: '5', COPYSET_REPLICAS: '2' };
    const values = resolveOptions(['volumes', 'replicas', 'dir', 'json'], { volumes: '6', json: true }, environment);
    expect(values).toEqual({ volumes: 6, replicas: 2, dir: './copyset-data', json: true });
    expect(Object.isFrozen(values)).toBe(true);
  });

  test('what was not given and has no default is undefined', () => {
    expect(resolveOptions(['replicas'], {}, {})).toEqual({ replicas: undefined });
  });

  test('what is wrong is named by where it came from', () => {
    expect(() => resolveOptions(['volumes'], { volumes: 'x' }, {})).toThrow('--volumes is "x"; give 1..64');
    expect(() => resolveOptions(['volumes'], {}, { COPYSET_VOLUMES: '0' })).toThrow('COPYSET_VOLUMES is "0"');
  });
});
