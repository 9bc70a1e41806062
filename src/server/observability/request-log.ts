/**
 * Why: what happened to a request can be found by the id that its client got; who was refused what, and why, stands in
 * an audit of its own, whatever the level of the log is.
 */
import type { Clock } from '../../base/clock.ts';
import type { Log, LogFields } from '../../observe/log.ts';
import type { RequestRecord } from '../../s3/request-log.ts';

/** Of a path in the audit: enough for any key as it is sent, not for any nonsense. */
const maxResourceLength = 1_100;
const maxReasonLength = 500;

/** A request that the store failed is a warning; the rest is for those who look closely. */
export function logRequest(log: Log, record: RequestRecord): void {
  if (record.status >= 500) log.warn('a request failed', fieldsOf(record));
  else if (log.isDebugging) log.debug('a request was answered', fieldsOf(record));
}

export type Audit = { readonly clock: Clock; readonly write: (line: string) => void };

/** One line of JSON for each request that was refused for who asked, or for how. */
export function auditRefusal({ clock, write }: Audit, record: RequestRecord): void {
  if (!isRefusal(record)) return;
  const { requestId, accessKeyId, action, method, path, code, error, remoteAddress } = record;
  const line = {
    time: new Date(clock.wallMs()).toISOString(),
    kind: 'audit',
    request_id: requestId,
    who: accessKeyId ?? 'anonymous',
    action: action ?? method,
    resource: path.slice(0, maxResourceLength),
    code,
    reason: error?.message.slice(0, maxReasonLength),
    source: remoteAddress,
  };
  write(JSON.stringify(line));
}

/** The gate said no, or a handler did for what it learned from the body. */
function isRefusal({ operation, status }: RequestRecord): boolean {
  return status === 403 || (operation === undefined && status >= 400 && status < 500);
}

function fieldsOf({ requestId, durationMs, firstByteMs, ...rest }: RequestRecord): LogFields {
  return { request_id: requestId, ...rest, durationMs: rounded(durationMs), firstByteMs: rounded(firstByteMs) };
}

/** Microseconds are enough. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}
