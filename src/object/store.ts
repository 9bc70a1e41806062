/**
 * Why: the narrow waist. Every door (S3 now, others later) speaks to the store through these verbs and nothing below.
 *
 * Promises
 * - Visibility: an object exists when its record committed, never before its blocks are on W volumes; a failed or
 *   aborted put leaves nothing visible. `get`, `head` and `list` are linearizable.
 * - Bodies: a body is pulled piece by piece; the store never holds more of it than it reserved from the memory budget.
 *   The `seal` of a body is awaited after its last byte and before the commit: it throws when signature, chunk chain,
 *   trailers or checksums do not verify.
 * - Bytes handed out were verified. Who stops reading early (for await does), or reads nothing, calls `return()`.
 * - Keys are opaque: 1 to 1,024 bytes of UTF-8 without NUL, compared by bytes.
 * - Errors: `not_found`, `already_exists`, `not_empty`, `request.*`, `precondition_failed`, `busy` (admission),
 *   `write.not_durable`, `read_only`, `block.unavailable`, `disk.full`, `timeout`, `closed`. `details.what` says what
 *   an error is about where one call can fail on several things. `not_found`: `bucket`, `object`, `upload`, `part`
 *   (never uploaded, or another ETag), `version`, `delete_marker` (`details.versionId`; of an object without version
 *   asked for: `object` with `details.deleteMarker` true). `request.invalid`: `range` (not satisfiable; `details.bytes`
 *   is the object's size), `part_size` (a part but the last is too small), `part_order`, `part` (a number that no part
 *   has), `version_id` (malformed). A body that fails its MD5, and a multipart object that fails its checksum, is
 *   `request.digest_mismatch`. A condition that does not hold is `precondition_failed`.
 * - Versions: a bucket is without versions until they are enabled; then every put adds one and a delete without a
 *   version adds a delete marker. Where they are suspended, puts and deletes replace the one version called `null`.
 *   Versions of a key are ordered by their stamps, which grow whatever the clock does.
 * - Conditions of writes are judged when the request comes and again in the commit that makes it visible.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { ChecksumKind, ObjectChecksum } from '../base/checksum.ts';
import type { UploadId } from '../base/ids.ts';
import type { FileSpan } from '../base/libc.ts';

/**
 * A pooled piece of a body. Who receives it owns it and releases it exactly once when the bytes are no longer needed,
 * or abandons it when somebody else may look at them still: then their memory is not used again.
 */
export type Slab = { readonly bytes: Uint8Array; release(): void; abandon?(): void };

/**
 * A piece of a body that lies, verified, in the page cache of this machine: the kernel can send it as it is. Who
 * receives it owns it, and releases it exactly once; until then the file is open and has these bytes.
 */
export type Extent = {
  readonly span: FileSpan;
  /** What is left behind the first `sent` bytes, read and verified: for what has left the memory before it was sent. */
  rest(sent: number): AsyncIterable<Slab>;
  release(): void;
};

export type Piece = Slab | Extent;

export type BodySource = AsyncIterable<Slab> & {
  /**
   * There is room for so many more bytes: they may be fetched before they are drawn, and none beyond them. Until it is
   * called, a source fetches ahead as it sees fit.
   */
  readonly grant?: ((bytes: number) => void) | undefined;
};

export type Body = {
  readonly slabs: BodySource;
  /** Of the decoded body, where the client declared it. */
  readonly declaredBytes: number | undefined;
  /** The MD5 that the client sent (Content-MD5); compared before the commit. */
  readonly md5: Uint8Array | undefined;
  /** Rejects when what the client promised about the body does not hold. Called once, after the last slab. */
  seal(): Promise<BodySeal>;
};

/** What is known of a body once all of it was seen. */
export type BodySeal = {
  /** The checksum that the client sent, verified; kept with the object. */
  readonly checksum: ObjectChecksum | undefined;
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
  /** Bytes of each part in order; empty when it was put in one piece. */
  readonly partBytes: readonly number[];
  readonly checksum: ObjectChecksum | undefined;
  readonly tags: Tags;
  /** Undefined in a bucket that never had versions; `null` for the version that has no id of its own. */
  readonly versionId: VersionId | undefined;
};

/** Opaque; 20 hex digits, or `null`. */
export type VersionId = string;

export type Tags = Readonly<Record<string, string>>;

export type Versioning = 'never' | 'enabled' | 'suspended';

export type BucketInfo = {
  readonly name: string;
  readonly createdAtMs: number;
  readonly options: BucketOptions;
  readonly versioning: Versioning;
  readonly tags: Tags;
  /** Documents that doors understand and the store only keeps, by their name. */
  readonly documents: BucketDocuments;
};

/** At most 64 KiB of UTF-8 each. */
export type BucketDocuments = { readonly policy: string | undefined; readonly cors: string | undefined };

/** What is given is set; undefined takes a document away. */
export type BucketChange = {
  readonly versioning?: 'enabled' | 'suspended';
  readonly tags?: Tags;
  readonly policy?: string | undefined;
  readonly cors?: string | undefined;
  readonly options?: Partial<Pick<BucketOptions, 'writeQuorum' | 'blockBytes' | 'md5Etags'>>;
};

/** What must be true of the current object; `*` is any. ETags without quotes; weak ones match nothing. */
export type WriteCondition = {
  /** `precondition_failed` when the object has another ETag, `not_found` when there is none. */
  readonly ifMatch?: readonly string[] | '*' | undefined;
  /** `precondition_failed` when there is an object (with one of these ETags). */
  readonly ifNoneMatch?: readonly string[] | '*' | undefined;
};

/** With it a write takes part in a condition. */
export type WriteOptions = CallOptions & { readonly condition?: WriteCondition | undefined };

/** The current version where none is named. */
export type VersionOptions = CallOptions & { readonly versionId?: VersionId | undefined };

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

/** A range, or one part of a multipart object (an object of one piece has the part 1). */
export type ReadRange = RangeRequest | { readonly kind: 'part'; readonly number: number };

export type ObjectReader = {
  readonly info: ObjectInfo;
  /** The bytes that will come: [from, to) of the object. */
  readonly range: { readonly from: number; readonly to: number };
  readonly slabs: AsyncIterable<Slab>;
  /** The same for who can send extents. One of the two is drawn, once. */
  readonly pieces: AsyncIterable<Piece>;
  /**
   * For who can send extents: all of it in one piece, where nobody has to wait for that. Then neither of the others is
   * drawn. Undefined otherwise.
   */
  readonly atHand: () => Piece | undefined;
};

export type ListQuery = {
  readonly prefix: string;
  readonly delimiter: string;
  /** Keys after this one (exclusive), by bytes. */
  readonly after: string;
  /** 0..1000, keys and common prefixes together. */
  readonly limit: number;
};

/** What a listing says of each object; all else is asked of the object itself. */
export type ListedObject = Pick<ObjectInfo, 'key' | 'bytes' | 'etag' | 'modifiedAtMs'> &
  Partial<Pick<ObjectInfo, 'checksum'>> &
  Pick<ObjectHeaders, 'metadata'>;

export type ListPage = {
  readonly objects: readonly ListedObject[];
  readonly commonPrefixes: readonly string[];
  /** Pass it as `after` for the next page; undefined at the end. */
  readonly next: string | undefined;
};

export type VersionInfo = ObjectInfo & { readonly isLatest: boolean; readonly isDeleteMarker: boolean };

export type VersionQuery = Omit<ListQuery, 'after'> & {
  /**
   * After this version of this key; after all versions of it where only the key is given; from the start without both.
   */
  readonly after: { readonly key: string; readonly versionId: VersionId | undefined } | undefined;
};

export type VersionPage = {
  /** By key, newest first. */
  readonly versions: readonly VersionInfo[];
  readonly commonPrefixes: readonly string[];
  readonly next: { readonly key: string; readonly versionId: VersionId | undefined } | undefined;
};

/** What a delete did: the marker that it made or removed, or the version that it removed. */
export type Deletion = { readonly versionId: VersionId | undefined; readonly isDeleteMarker: boolean };

export type PartInfo = {
  readonly number: number;
  readonly bytes: number;
  readonly etag: string;
  readonly modifiedAtMs: number;
  readonly checksum: ObjectChecksum | undefined;
};

export type UploadInfo = {
  readonly id: UploadId;
  readonly key: string;
  readonly startedAtMs: number;
  /** The kind of checksum that was announced, if any. */
  readonly checksum: UploadChecksum | undefined;
};

export type UploadChecksum = { readonly kind: ChecksumKind; readonly type: ObjectChecksum['type'] };

export type UploadQuery = Omit<ListQuery, 'after'> & {
  readonly after: { readonly key: string; readonly id: UploadId | undefined } | undefined;
};

export type UploadPage = {
  /** By key, then by id. */
  readonly uploads: readonly UploadInfo[];
  readonly commonPrefixes: readonly string[];
  readonly next: { readonly key: string; readonly id: UploadId | undefined } | undefined;
};

/** `checksum`: must be the part's, where it is given. */
export type CompletedPart = {
  readonly number: number;
  readonly etag: string;
  readonly checksum?: Uint8Array | undefined;
};

export type Completion = {
  readonly parts: readonly CompletedPart[];
  /** Of the whole object, as the client has it: must be right. */
  readonly checksum?: Uint8Array | undefined;
  /** Of the whole object: must be right. */
  readonly bytes?: number | undefined;
};

/** Of a copy of a whole object or of a range of it. */
export type CopySource = ObjectPath & {
  readonly versionId?: VersionId | undefined;
  readonly condition?: ReadCondition;
};

/** Judged against the source; throws, or rejects with, what the copy is to fail with. */
export type ReadCondition = (source: ObjectInfo) => void | Promise<void>;

export type ObjectStore = {
  createBucket(name: string, options?: CallOptions & { readonly set?: Partial<BucketOptions> }): Promise<BucketInfo>;
  changeBucket(name: string, change: BucketChange, options?: CallOptions): Promise<BucketInfo>;
  deleteBucket(name: string, options?: CallOptions): Promise<void>;
  headBucket(name: string, options?: CallOptions): Promise<BucketInfo>;
  listBuckets(options?: CallOptions): Promise<readonly BucketInfo[]>;

  put(
    bucket: string,
    key: string,
    object: NewObject & { readonly body: Body },
    options?: WriteOptions,
  ): Promise<ObjectInfo>;
  get(bucket: string, key: string, options?: VersionOptions & { readonly range?: ReadRange }): Promise<ObjectReader>;
  head(bucket: string, key: string, options?: VersionOptions): Promise<ObjectInfo>;
  /** No error when there is none. */
  delete(bucket: string, key: string, options?: WriteOptions & VersionOptions): Promise<Deletion>;
  /** `headers` and `tags` are the source's where they are not given. */
  copy(from: CopySource, to: ObjectPath, options?: WriteOptions & Partial<NewObject>): Promise<ObjectInfo>;
  /** Replaces the tags of a version; resolves with the version. */
  setTags(bucket: string, key: string, tags: Tags, options?: VersionOptions): Promise<ObjectInfo>;
  list(bucket: string, query: ListQuery, options?: CallOptions): Promise<ListPage>;
  listVersions(bucket: string, query: VersionQuery, options?: CallOptions): Promise<VersionPage>;

  createUpload(
    bucket: string,
    key: string,
    options: CallOptions & NewObject & { readonly checksum?: UploadChecksum | undefined },
  ): Promise<UploadId>;
  putPart(upload: UploadPath, number: number, body: Body, options?: CallOptions): Promise<PartInfo>;
  /** The range, or the whole of the source, becomes a part. */
  copyPart(
    from: CopySource,
    to: UploadPath & { readonly number: number },
    options?: CallOptions & { readonly range?: RangeRequest | undefined },
  ): Promise<PartInfo>;
  /** The same answer when it is repeated within a day. */
  completeUpload(upload: UploadPath, completion: Completion, options?: WriteOptions): Promise<ObjectInfo>;
  abortUpload(upload: UploadPath, options?: CallOptions): Promise<void>;
  /** The upload, and its parts after this number. */
  listParts(
    upload: UploadPath,
    after: number,
    options: CallOptions & { readonly limit: number },
  ): Promise<{ readonly upload: UploadInfo; readonly parts: readonly PartInfo[] }>;
  listUploads(bucket: string, query: UploadQuery, options?: CallOptions): Promise<UploadPage>;
};

export type NewObject = { readonly headers: ObjectHeaders; readonly tags?: Tags | undefined };

export type ObjectPath = { readonly bucket: string; readonly key: string };
export type UploadPath = ObjectPath & { readonly id: UploadId };
