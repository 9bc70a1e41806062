/** Why: one record for every request that was answered or cut, for whoever keeps logs and counts. */
import type { Action } from '../access/action.ts';
import type { CopysetError } from '../base/errors.ts';

export type RequestRecord = {
  readonly requestId: string;
  readonly method: string;
  /** As sent. */
  readonly path: string;
  readonly remoteAddress: string;
  /** Whose key the request names, proven or not; undefined when it names none. */
  readonly accessKeyId: string | undefined;
  /** Undefined when it is not known what the request means. */
  readonly action: Action | undefined;
  /** Undefined when the gate refused it. */
  readonly operation: string | undefined;
  /** 0 when nothing was sent whole. */
  readonly status: number;
  /** What went wrong, with its cause; not what the client was told. */
  readonly error: CopysetError | undefined;
  /** What the client was told: a code of S3. Undefined when nothing failed. */
  readonly code: string | undefined;
  readonly receivedBytes: number;
  readonly durationMs: number;
  /** From the head of the request to that of the reply; undefined when there was none. */
  readonly firstByteMs: number | undefined;
};

export type S3Log = (record: RequestRecord) => void;
