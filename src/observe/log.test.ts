import { expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { CopysetError } from '../base/errors.ts';
import { createLog, type Log, type LogLevel, silentLog } from './log.ts';

function recording(level: LogLevel): { log: Log; lines: () => unknown[] } {
  const written: string[] = [];
  const clock = { ...systemClock, wallMs: () => 0 };
  const log = createLog({ level, clock, write: (line) => written.push(line) });
  return { log, lines: () => written.map((line) => JSON.parse(line) as unknown) };
}

test('an event is a line of JSON with its time, level, message and fields', () => {
  const { log, lines } = recording('info');
  log.info('volume added', { volume: 'a', bytes: 5 });
  const time = '1970-01-01T00:00:00.000Z';
  expect(lines()).toEqual([{ time, level: 'info', message: 'volume added', volume: 'a', bytes: 5 }]);
});

test('what is below the level is left out', () => {
  const { log, lines } = recording('warn');
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  expect(lines()).toMatchObject([{ level: 'warn' }, { level: 'error' }]);
});

test('a log with fields puts them on each of its lines', () => {
  const { log, lines } = recording('debug');
  log.with({ volume: 'a' }).with({ job: 'scrub' }).debug('x', { job: 'repair' });
  expect(lines()).toMatchObject([{ volume: 'a', job: 'repair' }]);
});

test('an error of ours is written with code and details, its cause inside; a bug with its stack', () => {
  const { log, lines } = recording('debug');
  const cause = new TypeError('inner');
  log.warn('read failed', { error: new CopysetError('disk.io', 'cannot read', { cause, details: { path: '/x' } }) });
  log.error('broken', { error: new CopysetError('bug', 'assertion failed') });
  expect(lines()).toMatchObject([
    { error: { code: 'disk.io', message: 'cannot read', path: '/x', cause: { name: 'TypeError', message: 'inner' } } },
    { error: { message: 'assertion failed', stack: expect.stringContaining('log.test.ts') as unknown } },
  ]);
});

test('large integers are written, not thrown at', () => {
  const { log, lines } = recording('debug');
  log.debug('x', { inode: 2n ** 63n });
  expect(lines()).toMatchObject([{ inode: '9223372036854775808' }]);
});

test('the silent log takes everything', () => {
  expect(() => silentLog.with({ a: 1 }).error('x')).not.toThrow();
});
