/** Why: the parts of the kv suite speak of stores in the same few words. */
import { expect } from 'vitest';
import { hex, utf8 } from '../../base/bytes.ts';
import type { ErrorCode } from '../../base/errors.ts';
import type { CommitResult, Entry, Kv, Revision } from '../kv.ts';

/** A test over a new store, which it closes. */
export type WithKv = (work: (kv: Kv) => Promise<void>) => () => Promise<void>;

export const bytes = (list: readonly number[]) => Uint8Array.from(list);

export const put = (key: string, value: string | Uint8Array) => ({
  key: utf8(key),
  value: typeof value === 'string' ? utf8(value) : value,
});

export const numberOf = (entry: Entry | undefined) => Number(Buffer.from(entry?.value ?? utf8('0')).toString());

export async function everything(kv: Kv): Promise<readonly Entry[]> {
  return (await kv.range({ from: bytes([]), limit: 1000 })).entries;
}

/** Of values too large to be printed when they differ. */
export async function outline(kv: Kv): Promise<readonly string[]> {
  return (await everything(kv)).map(({ key, value, revision }) => `${hex(key)}: ${value.byteLength} at ${revision}`);
}

export async function putOne(kv: Kv, key: string): Promise<Revision> {
  return revisionOf(await kv.commit({ put: [put(key, 'x')] }));
}

export function revisionOf(result: CommitResult): Revision {
  expect(result.committed).toBe(true);
  return result.committed ? result.revision : Number.NaN;
}

export async function refused(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: 'CopysetError', code });
}
