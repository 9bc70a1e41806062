/**
 * Why: all drivers refuse the same requests in the same words, before anything happens, so that no caller outgrows one
 * of them.
 */
import { asBuffer, equalBytes } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import type { Commit, Expectation, KvLimits, RangeQuery, Revision } from './kv.ts';

export function checkKey(key: Uint8Array, limits: KvLimits): void {
  if (key.byteLength === 0) throw new CopysetError('request.invalid', 'a key has at least one byte');
  checkLimit('key bytes', key.byteLength, limits.maxKeyBytes);
}

export function checkCommit(commit: Commit, limits: KvLimits): void {
  const { expect = [], put = [], delete: deletes = [] } = commit;
  checkLimit('operations in one commit', expect.length + put.length + deletes.length, limits.maxOpsPerCommit);
  let bytes = 0;
  for (const expectation of expect) bytes += checkExpectation(expectation, limits);
  for (const { key, value } of put) bytes += checkPair(key, value, limits);
  for (const key of deletes) bytes += checkPair(key, undefined, limits);
  checkLimit('bytes in one commit', bytes, limits.maxCommitBytes);
  if (!areDistinct([...put.map(({ key }) => key), ...deletes]))
    throw new CopysetError('request.invalid', 'a commit puts or deletes a key more than once');
}

export function checkRange(query: RangeQuery): void {
  checkWhole('the limit of a range', query.limit, 1);
}

export function checkChanges(after: Revision, limit: number): void {
  checkWhole('the revision after which changes are asked', after, 0);
  checkWhole('the limit of changes', limit, 1);
}

/** `newest`: the revision up to which there is anything to forget. */
export function checkTrim(upTo: Revision, newest: Revision): void {
  checkWhole('the revision to trim to', upTo, 0);
  if (upTo > newest)
    throw new CopysetError('request.invalid', `cannot trim to ${upTo}: the newest revision is ${newest}`);
}

function checkExpectation(expectation: Expectation, limits: KvLimits): number {
  if (expectation.kind === 'empty-range') return expectation.from.byteLength + expectation.to.byteLength;
  return checkPair(expectation.key, expectation.kind === 'value' ? expectation.value : undefined, limits);
}

/** The bytes of both together. */
function checkPair(key: Uint8Array, value: Uint8Array | undefined, limits: KvLimits): number {
  checkKey(key, limits);
  checkLimit('value bytes', value?.byteLength ?? 0, limits.maxValueBytes);
  return key.byteLength + (value?.byteLength ?? 0);
}

/** Most commits have so few keys that comparing all is cheaper than making texts of them. */
const fewKeys = 8;

function areDistinct(keys: readonly Uint8Array[]): boolean {
  if (keys.length <= fewKeys)
    return keys.every((key, at) => !keys.some((other, beside) => beside > at && equalBytes(key, other)));
  return new Set(keys.map((key) => asBuffer(key).toString('latin1'))).size === keys.length;
}

function checkLimit(what: string, amount: number, limit: number): void {
  if (amount <= limit) return;
  throw new CopysetError('request.too_large', `${amount} ${what}, the limit is ${limit}`);
}

function checkWhole(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new CopysetError('request.invalid', `${what} is ${value}, not a whole number from ${least}`);
}
