/**
 * Why: the command line and volumes speak to any S3 endpoint through these verbs, and to nothing below them.
 *
 * Promises
 * - Integrity: the endpoint verifies the SHA-256 of a body in memory, and of each chunk of a stream (over TLS, which
 *   guards it, a stream goes as it is); a body that comes back shorter than announced rejects, never ends quietly.
 * - Retries: what heals by itself (connections, 500, 502, 503, 504, 429, SlowDown, timeouts) is tried again with
 *   growing pauses of random length; Retry-After is honoured. The body of a `get` is not: who reads asks again for the
 *   rest. A retry may meet what its own first attempt did: `precondition_failed` of a conditional put and `not_found`
 *   of a `completeUpload` or `abortUpload` after a lost answer mean "read before you decide".
 * - Bounds: `maxConnections` requests at a time, `maxWaiting` wait in order, the rest hear `busy`; documents have a
 *   limit. Each `get` holds a connection until its chunks are drawn, returned or aborted, and loses it when nobody
 *   begins to draw within `stallTimeoutMs`.
 * - Errors: `not_found` (`details.what`: bucket, object, upload), `already_exists`, `not_empty`, `precondition_failed`,
 *   `conflict`, `access.denied`, `busy` (throttled), `disk.full`, `request.*` (`details.what`: `range`), `unsupported`,
 *   `not_serving` (nobody answers, or only with 5xx), `timeout`, `closed` (a cut connection, or this client).
 *   `details.s3` is the code of the endpoint, `details.status` the HTTP status. No message holds a secret.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { CopysetError } from '../base/errors.ts';

export type S3Path = { readonly bucket: string; readonly key: string };
export type S3UploadPath = S3Path & { readonly uploadId: string };

/** A stream is opened anew for each attempt, so it must give the same bytes each time. */
export type S3StreamBody = { readonly bytes: number; readonly open: () => AsyncIterable<Uint8Array> };
export type S3Body = Uint8Array | readonly Uint8Array[] | S3StreamBody;

/** [from, to) of the object, to its end without `to`; or its last bytes. An empty range cannot be asked for. */
export type S3Range = { readonly from: number; readonly to?: number } | { readonly lastBytes: number };

export type S3ObjectHeaders = {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly cacheControl?: string;
  /** x-amz-meta-*, names in lower case without the prefix. */
  readonly metadata?: Readonly<Record<string, string>>;
};

/** `ifNoneMatch: '*'`: only where there is no object. Not every endpoint knows conditions; some ignore them. */
export type S3PutOptions = CallOptions & {
  readonly headers?: S3ObjectHeaders;
  readonly ifNoneMatch?: '*';
  readonly ifMatch?: string;
};

/** ETags come and go without quotes. */
export type S3ObjectInfo = {
  readonly bytes: number;
  readonly etag: string;
  /** Whole seconds: headers tell no more. */
  readonly modifiedAtMs: number;
  readonly headers: S3ObjectHeaders;
};

/** `bytes` of the chunks together; `from` is their place in the object. */
export type S3Reading = {
  readonly info: S3ObjectInfo;
  readonly from: number;
  readonly bytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
};

export type S3Bucket = { readonly name: string; readonly createdAtMs: number };
export type S3Listed = {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  readonly modifiedAtMs: number;
};
export type S3ListQuery = {
  readonly prefix?: string;
  readonly delimiter?: string;
  /** Keys after this one, exclusive. */
  readonly after?: string;
  /** Keys and common prefixes of one page, 1..1000. */
  readonly pageKeys?: number;
};
export type S3ListPage = { readonly objects: readonly S3Listed[]; readonly commonPrefixes: readonly string[] };

export type S3CompletedPart = { readonly number: number; readonly etag: string };
export type S3ListedPart = S3CompletedPart & { readonly bytes: number; readonly modifiedAtMs: number };
export type S3Upload = { readonly key: string; readonly uploadId: string; readonly startedAtMs: number };

export type S3Client = {
  listBuckets(options?: CallOptions): Promise<readonly S3Bucket[]>;
  createBucket(bucket: string, options?: CallOptions): Promise<void>;
  deleteBucket(bucket: string, options?: CallOptions): Promise<void>;
  /** Resolves when it is there and may be used. */
  headBucket(bucket: string, options?: CallOptions): Promise<void>;

  /** Resolves with the ETag. */
  put(path: S3Path, body: S3Body, options?: S3PutOptions): Promise<string>;
  get(
    path: S3Path,
    options?: CallOptions & { readonly range?: S3Range; readonly ifMatch?: string },
  ): Promise<S3Reading>;
  /** As `get`, held in memory and retried as a whole; `request.too_large` when it is longer than `maxBytes`. */
  getBytes(
    path: S3Path,
    options: CallOptions & { readonly range?: S3Range; readonly ifMatch?: string; readonly maxBytes: number },
  ): Promise<Uint8Array>;
  head(path: S3Path, options?: CallOptions): Promise<S3ObjectInfo>;
  /** No error when there is none. */
  delete(path: S3Path, options?: CallOptions): Promise<void>;
  /** Up to a thousand keys; resolves with those that were not deleted, and why. */
  deleteObjects(bucket: string, keys: readonly string[], options?: CallOptions): Promise<readonly S3Undeleted[]>;
  /** Page by page, in the order of the endpoint, which is that of the keys' bytes. */
  list(bucket: string, query?: S3ListQuery, options?: CallOptions): AsyncIterable<S3ListPage>;
  /** Resolves with the ETag. `headers` replace those of the source. */
  copy(from: S3Path, to: S3Path, options?: CallOptions & { readonly headers?: S3ObjectHeaders }): Promise<string>;

  /** Resolves with the id of the upload. */
  createUpload(path: S3Path, options?: CallOptions & { readonly headers?: S3ObjectHeaders }): Promise<string>;
  /** Parts 1..10,000, of at least 5 MiB but for the last; resolves with the ETag. */
  uploadPart(upload: S3UploadPath, number: number, body: S3Body, options?: CallOptions): Promise<string>;
  copyPart(
    upload: S3UploadPath,
    number: number,
    from: S3Path & { readonly range?: { readonly from: number; readonly to: number } },
    options?: CallOptions,
  ): Promise<string>;
  /** Resolves with the ETag. */
  completeUpload(upload: S3UploadPath, parts: readonly S3CompletedPart[], options?: CallOptions): Promise<string>;
  abortUpload(upload: S3UploadPath, options?: CallOptions): Promise<void>;
  listParts(upload: S3UploadPath, options?: CallOptions): AsyncIterable<readonly S3ListedPart[]>;
  listUploads(bucket: string, options?: CallOptions & { readonly prefix?: string }): AsyncIterable<readonly S3Upload[]>;

  /** A URL that does this without a key until it expires (1 second to 7 days): nothing is asked now. */
  presign(path: S3Path, options: S3PresignOptions): string;

  /** Cuts what is under way (`closed`). */
  close(): void;
};

export type S3PresignOptions = { readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'; readonly expiresSeconds: number };

export type S3Undeleted = { readonly key: string; readonly error: CopysetError };
