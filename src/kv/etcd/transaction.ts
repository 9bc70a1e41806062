/**
 * Why: a commit is one etcd transaction: expectations are its comparisons, and when they fail it tells which one did.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { equalBytes } from '../../base/bytes.ts';
import type { Commit, Expectation, Revision } from '../kv.ts';
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  type CompareSchema,
  type RangeRequestSchema,
  type RequestOpSchema,
  type TxnRequestSchema,
  type TxnResponse,
} from './generated/rpc_pb.js';
import type { KeySpace } from './key-space.ts';

type Compare = MessageInitShape<typeof CompareSchema>;
type RequestOp = MessageInitShape<typeof RequestOpSchema>;

/** When a comparison fails, reads of the same revision tell which. */
export function transactionOf(commit: Commit, space: KeySpace): MessageInitShape<typeof TxnRequestSchema> {
  const expectations = commit.expect ?? [];
  return {
    compare: expectations.map((expectation) => comparison(expectation, space)),
    success: effects(commit, space),
    failure: expectations.map((expectation) => operation('requestRange', reading(expectation, space))),
  };
}

/** Holds while nobody put the key since; 0 for one that is absent. */
export function unchangedSince(key: Uint8Array, modRevision: bigint): Compare {
  const targetUnion = { case: 'modRevision' as const, value: modRevision };
  return { result: Compare_CompareResult.EQUAL, target: Compare_CompareTarget.MOD, key, targetUnion };
}

/** Index of the first expectation that did not hold, by the reads of a transaction that failed. */
export function firstFailed({ expect = [] }: Commit, { responses }: TxnResponse): number {
  return expect.findIndex((expectation, index) => {
    const response = responses[index]?.response;
    const found = response?.case === 'responseRange' ? response.value.kvs[0] : undefined;
    if (expectation.kind !== 'value') return found !== undefined;
    return found === undefined || !equalBytes(found.value, expectation.value);
  });
}

export function revisionOf({ header }: { readonly header?: { readonly revision: bigint } | undefined }): Revision {
  return Number(header?.revision ?? 0n);
}

/** A key that is absent has create_revision 0; a range passes when all its keys do, so only when it has none. */
function comparison(expectation: Expectation, space: KeySpace): Compare {
  const result = Compare_CompareResult.EQUAL;
  if (expectation.kind === 'value') {
    const { key, value } = expectation;
    return {
      result,
      target: Compare_CompareTarget.VALUE,
      key: space.inside(key),
      targetUnion: { case: 'value', value },
    };
  }
  const target = Compare_CompareTarget.CREATE;
  const targetUnion = { case: 'createRevision' as const, value: 0n };
  if (expectation.kind === 'absent') return { result, target, targetUnion, key: space.inside(expectation.key) };
  const [key, rangeEnd] = [space.inside(expectation.from), space.inside(expectation.to)];
  return { result, target, targetUnion, key, rangeEnd };
}

/** Whole where the value counts, else only whether there is one. */
function reading(expectation: Expectation, space: KeySpace): MessageInitShape<typeof RangeRequestSchema> {
  if (expectation.kind === 'value') return { key: space.inside(expectation.key) };
  if (expectation.kind === 'absent') return { key: space.inside(expectation.key), keysOnly: true };
  const [key, rangeEnd] = [space.inside(expectation.from), space.inside(expectation.to)];
  return { key, rangeEnd, keysOnly: true, limit: 1n };
}

function effects({ put = [], delete: deletes = [] }: Commit, space: KeySpace): RequestOp[] {
  if (put.length + deletes.length === 0) return [];
  return [
    ...put.map(({ key, value }) => operation('requestPut', { key: space.inside(key), value })),
    ...deletes.map((key) => operation('requestDeleteRange', { key: space.inside(key) })),
    operation('requestPut', { key: space.head }),
  ];
}

type Request = NonNullable<RequestOp['request']>;

function operation<C extends NonNullable<Request['case']>>(
  name: C,
  value: Extract<Request, { case?: C }>['value'],
): RequestOp {
  return { request: { case: name, value } as Request };
}
