/**
 * Why: what gRPC and etcd answer becomes one of our codes in one place, and a commit without an answer stays unknown.
 */
import { type ServiceError, status } from '@grpc/grpc-js';
import { CopysetError, type ErrorCode, isCopysetError } from '../../base/errors.ts';

type Rule = { readonly code: status; readonly text?: string; readonly meaning: ErrorCode };

/** The first that fits; texts are those of etcd's api/v3rpc/rpctypes/error.go. */
const rules: readonly Rule[] = [
  { code: status.OUT_OF_RANGE, text: 'compacted', meaning: 'kv.compacted' },
  { code: status.OUT_OF_RANGE, text: 'future revision', meaning: 'request.invalid' },
  { code: status.RESOURCE_EXHAUSTED, text: 'space exceeded', meaning: 'disk.full' },
  { code: status.RESOURCE_EXHAUSTED, text: 'too many requests', meaning: 'busy' },
  { code: status.RESOURCE_EXHAUSTED, meaning: 'request.too_large' },
  { code: status.INVALID_ARGUMENT, text: 'too large', meaning: 'request.too_large' },
  { code: status.INVALID_ARGUMENT, text: 'too many operations', meaning: 'request.too_large' },
  { code: status.PERMISSION_DENIED, meaning: 'access.denied' },
  { code: status.UNAUTHENTICATED, meaning: 'access.denied' },
  { code: status.CANCELLED, meaning: 'kv.unreachable' },
  { code: status.UNKNOWN, meaning: 'kv.unreachable' },
  { code: status.DEADLINE_EXCEEDED, meaning: 'kv.unreachable' },
  { code: status.INTERNAL, meaning: 'kv.unreachable' },
  { code: status.UNAVAILABLE, meaning: 'kv.unreachable' },
];

export function etcdError(error: ServiceError, endpoint: string): CopysetError {
  const rule = rules.find(({ code, text = '' }) => error.code === code && error.details.includes(text));
  const message = `etcd at ${endpoint}: ${error.details}`;
  return new CopysetError(rule?.meaning ?? 'bug', message, { cause: error });
}

/** Of a commit that was sent: without a clear answer nobody knows whether it happened. */
export function commitError(error: unknown): unknown {
  if (!isCopysetError(error, 'kv.unreachable', 'timeout')) return error;
  return new CopysetError('kv.unknown_outcome', error.message, { cause: error });
}
