import { expect, test } from 'vitest';
import { CopysetError, type ErrorKind, errorCodes, isCopysetError, throwIfBug, toCopysetError } from './errors.ts';

const kinds: readonly ErrorKind[] = ['request', 'retry', 'wait', 'repair', 'bug'];

test.each(Object.entries(errorCodes))('%s has a well-formed code, a kind and a hint', (code, { kind, hint }) => {
  expect(code).toMatch(/^[a-z_]+(\.[a-z_]+)?$/);
  expect(kinds).toContain(kind);
  expect(hint).toMatch(/^\S.{5,}[^.]$/);
});

test('an error carries code, kind, hint, details and cause', () => {
  const cause = new Error('EIO');
  const error = new CopysetError('disk.io', 'cannot read x', { cause, details: { path: 'x' } });
  expect(error).toMatchObject({ name: 'CopysetError', code: 'disk.io', kind: 'repair', details: { path: 'x' }, cause });
  expect(error.hint).toBe(errorCodes['disk.io'].hint);
});

test('isCopysetError asks for ours, and for one of the codes', () => {
  const error = new CopysetError('busy', 'x');
  expect([isCopysetError(error), isCopysetError(error, 'closed', 'busy'), isCopysetError(error, 'closed')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(isCopysetError(new Error('x'))).toBe(false);
});

test('whatever was thrown becomes ours', () => {
  const ours = new CopysetError('busy', 'x');
  expect(toCopysetError(ours)).toBe(ours);
  expect(toCopysetError(new DOMException('stop', 'AbortError'))).toMatchObject({ code: 'request.aborted' });
  expect(toCopysetError(new TypeError('y'))).toMatchObject({ code: 'bug', message: 'y' });
  expect(toCopysetError('z')).toMatchObject({ code: 'bug', message: 'z', cause: 'z' });
});

test('a failure may be passed over, a bug never', () => {
  expect(() => throwIfBug(new CopysetError('disk.io', 'x'))).not.toThrow();
  expect(() => throwIfBug(new TypeError('y'))).toThrow('y');
});
