/**
 * Why: what the owner of the store and a thread with an S3 door tell each other, besides what the door asks the store.
 */
import type { MessagePort } from 'node:worker_threads';
import type { AccessKey } from '../../access/credentials.ts';
import { type ErrorForm, fromForm, toForm } from '../../object/remote/error-form.ts';
import type { FrontChoice, FrontStatus } from '../../s3/front/front.ts';
import type { Address } from '../../s3/front/listen.ts';
import type { S3Limits } from '../../s3/limits.ts';
import type { RequestRecord } from '../../s3/request-log.ts';

/** What every thread is to do. */
export type DoorTask = {
  readonly key: AccessKey;
  readonly listen: Address;
  readonly front: FrontChoice;
  readonly domains: readonly string[];
  readonly region: string;
  /** The part of this thread. */
  readonly limits: S3Limits;
  /** One Int32: how many requests of this thread wait for memory, about. */
  readonly waiting: SharedArrayBuffer;
};

export type ThreadData = DoorTask & {
  /** Where remote-store.ts asks. */
  readonly store: MessagePort;
};

/** Finish what runs; cut what is left after so long. */
export type DoorOrder = { readonly kind: 'drain'; readonly deadlineMs: number };

export type DoorReport =
  | { readonly kind: 'listening'; readonly address: Address; readonly status: FrontStatus }
  | { readonly kind: 'failed'; readonly error: ErrorForm }
  | { readonly kind: 'answered'; readonly record: RecordForm }
  | { readonly kind: 'drained' };

type RecordForm = Omit<RequestRecord, 'error'> & { readonly error: ErrorForm | undefined };

export function recordForm({ error, ...record }: RequestRecord): RecordForm {
  return { ...record, error: error && toForm(error) };
}

export function recordOf({ error, ...form }: RecordForm): RequestRecord {
  return { ...form, error: error && fromForm(error) };
}
