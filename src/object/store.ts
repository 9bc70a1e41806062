/**
 * Why: the narrow waist. Every door (S3 now, others later) speaks to the store through these verbs and nothing below.
 *
 * Promises
 * - Visibility: an object exists when its record committed, never before its blocks are on W volumes; a failed or
 *   aborted put leaves nothing visible. `get`, `head` and `list` are linearizable.
 * - Bodies: a body is pulled piece by piece; the store never holds more of it than it reserved from the memory budget.
 *   The `seal` of a body is awaited after its last byte and before the commit: it throws when signature, chunk chain,
 *   trailers or checksums do not verify.
 * - Bytes handed out were verified. A reader that stops early calls `return()` (for await does).
 * - Keys are opaque: 1 to 1,024 bytes of UTF-8 without NUL, compared by bytes.
 * - Errors: `not_found`, `already_exists`, `not_empty`, `request.*`, `precondition_failed`, `busy` (admission),
 *   `write.not_durable`, `read_only`, `block.unavailable`, `disk.full`, `timeout`, `closed`. `details.what` says what
 *   an error is about where one call can fail on several things. `not_found`: `bucket`, `object`, `upload`, `part`
 *   (never uploaded, or another ETag). `request.invalid`: `range` (not satisfiable; `details.bytes` is the object's
 *   size), `part_size` (a part but the last is too small), `part_order`. A body that fails its MD5 is
 *   `request.digest_mismatch`.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { UploadId } from '../base/ids.ts';

/**
 * A pooled piece of a body. Who receives it owns it and releases it exactly once when the bytes are no longer needed.
 */
export type Slab = { readonly bytes: Uint8Array; release(): void };

export type Body = {
  readonly slabs: AsyncIterable<Slab>;
  /** Of the decoded body, where the client declared it. */
  readonly declaredBytes: number | undefined;
  /** The MD5 that the client sent (Content-MD5); compared before the commit. */
  readonly md5: Uint8Array | undefined;
  /** Rejects when what the client promised about the body does not hold. Called once, after the last slab. */
  seal(): Promise<void>;
};

export type ObjectHeaders = {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly expires?: string | undefined;
  /** x-amz-meta-*, names in lower case without the prefix. */
  readonly metadata: Readonly<Record<string, string>>;
};

export type ObjectInfo = {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  readonly modifiedAtMs: number;
  readonly headers: ObjectHeaders;
  /** Number of parts; 0 when it was put in one piece. */
  readonly parts: number;
};

export type BucketInfo = { readonly name: string; readonly createdAtMs: number; readonly options: BucketOptions };

export type BucketOptions = {
  /** M, 1..5. */
  readonly copies: number;
  /** W: durable copies in different failure domains before the commit. */
  readonly writeQuorum: number;
  /** B. */
  readonly blockBytes: number;
  /** The bucket's switch: MD5 ETags everywhere. */
  readonly md5Etags: boolean;
};

/** First and last byte (inclusive) resolved against the object's size by `resolveRange`. */
export type RangeRequest =
  | { readonly kind: 'from'; readonly first: number; readonly last: number | undefined }
  | { readonly kind: 'suffix'; readonly bytes: number };

export type ObjectReader = {
  readonly info: ObjectInfo;
  /** The bytes that will come: [from, to) of the object. */
  readonly range: { readonly from: number; readonly to: number };
  readonly slabs: AsyncIterable<Slab>;
};

export type ListQuery = {
  readonly prefix: string;
  readonly delimiter: string;
  /** Keys after this one (exclusive), by bytes. */
  readonly after: string;
  /** 0..1000, keys and common prefixes together. */
  readonly limit: number;
};

export type ListPage = {
  readonly objects: readonly ObjectInfo[];
  readonly commonPrefixes: readonly string[];
  /** Pass it as `after` for the next page; undefined at the end. */
  readonly next: string | undefined;
};

export type PartInfo = {
  readonly number: number;
  readonly bytes: number;
  readonly etag: string;
  readonly modifiedAtMs: number;
};
export type UploadInfo = { readonly id: UploadId; readonly key: string; readonly startedAtMs: number };
export type CompletedPart = { readonly number: number; readonly etag: string };

export type ObjectStore = {
  createBucket(name: string, options?: CallOptions & { readonly set?: Partial<BucketOptions> }): Promise<BucketInfo>;
  deleteBucket(name: string, options?: CallOptions): Promise<void>;
  headBucket(name: string, options?: CallOptions): Promise<BucketInfo>;
  listBuckets(options?: CallOptions): Promise<readonly BucketInfo[]>;

  put(
    bucket: string,
    key: string,
    object: { readonly body: Body; readonly headers: ObjectHeaders },
    options?: CallOptions,
  ): Promise<ObjectInfo>;
  get(bucket: string, key: string, options?: CallOptions & { readonly range?: RangeRequest }): Promise<ObjectReader>;
  head(bucket: string, key: string, options?: CallOptions): Promise<ObjectInfo>;
  /** No error when there is none. */
  delete(bucket: string, key: string, options?: CallOptions): Promise<void>;
  copy(
    from: ObjectPath,
    to: ObjectPath,
    options?: CallOptions & { readonly headers?: ObjectHeaders },
  ): Promise<ObjectInfo>;
  list(bucket: string, query: ListQuery, options?: CallOptions): Promise<ListPage>;

  createUpload(
    bucket: string,
    key: string,
    options: CallOptions & { readonly headers: ObjectHeaders },
  ): Promise<UploadId>;
  putPart(upload: UploadPath, number: number, body: Body, options?: CallOptions): Promise<PartInfo>;
  completeUpload(upload: UploadPath, parts: readonly CompletedPart[], options?: CallOptions): Promise<ObjectInfo>;
  abortUpload(upload: UploadPath, options?: CallOptions): Promise<void>;
  listParts(
    upload: UploadPath,
    after: number,
    options: CallOptions & { readonly limit: number },
  ): Promise<readonly PartInfo[]>;
  listUploads(bucket: string, options?: CallOptions): Promise<readonly UploadInfo[]>;
};

export type ObjectPath = { readonly bucket: string; readonly key: string };
export type UploadPath = ObjectPath & { readonly id: UploadId };
