/** Why: one record for every request that was answered or cut, for whoever keeps logs and counts. */
import type { CopysetError } from '../base/errors.ts';

export type RequestRecord = {
  readonly requestId: string;
  readonly method: string;
  /** As sent. */
  readonly path: string;
  /** Undefined when the gate refused it. */
  readonly operation: string | undefined;
  /** 0 when nothing was sent whole. */
  readonly status: number;
  /** What went wrong, with its cause; not what the client was told. */
  readonly error: CopysetError | undefined;
  readonly receivedBytes: number;
  readonly durationMs: number;
};

export type S3Log = (record: RequestRecord) => void;
