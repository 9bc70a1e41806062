/** Why: what every copy of an object needs is put together once: the endpoint, the bounds, who is told. */
import type { Semaphore } from '../../base/async/semaphore.ts';
import type { Connection } from '../s3/connect-s3.ts';
import type { UploadStates } from './upload-states.ts';

export type TransferContext = {
  readonly client: Connection;
  /** Whole small objects and parts of large ones, on their way at once. */
  readonly pieces: Semaphore;
  readonly partBytes: number;
  readonly states: UploadStates;
  /** So many bytes more are where they belong. */
  readonly onBytes: (bytes: number) => void;
};

export type Outcome = {
  readonly bytes: number;
  /** Of them, those that an earlier run had copied. */
  readonly resumedBytes: number;
  readonly etag: string;
};

/** One object, from one place to the other. */
export type Transfer = {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  readonly run: () => Promise<Outcome>;
};

/**
 * Metadata that says what the bytes hash to, so that whoever gets them knows that they are those that were put,
 * whatever lies between.
 */
export const digestField = 'copyset-sha256';

/** Of one request: a single PUT, one copied range. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const mostPutBytes = 5 * 2 ** 30;
export const mostParts = 10_000;
