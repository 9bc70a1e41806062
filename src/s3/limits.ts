/** Why: everything that comes from outside has a limit; here they stand together. */

export type S3Limits = {
  readonly maxConnections: number;
  /** So many requests are taken on at once, however slow; more, as far as they are done within `maxWorkMs`. */
  readonly leastUnderWay: number;
  readonly maxWorkMs: number;
  /** A connection whose request was more than that is not read from for so long; clients are told the same. */
  readonly refusedRestMs: number;
  /** Of request line and headers together. */
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  /** Until a head is complete. */
  readonly headTimeoutMs: number;
  /** Without a byte in or out while the client is the one waited for. */
  readonly idleTimeoutMs: number;
  /** What a client must send or take, measured over `idleTimeoutMs` of waiting for it. */
  readonly minBytesPerSecond: number;
  readonly keepAliveTimeoutMs: number;
  /** A refused request may send this long, so that the client can read why. */
  readonly lingerMs: number;
  /** After it, and as often again, white space is sent while an answer takes long. */
  readonly lateReplyMs: number;
  /** Of an object or part in one request. */
  readonly maxBodyBytes: number;
  /** Of an XML document. */
  readonly maxDocumentBytes: number;
  /** Of one signed chunk, which is held until it verifies. */
  readonly maxChunkBytes: number;
  /** Of all signed chunks that are held, of all documents, and of the requests that wait to hold one. */
  readonly heldChunkBytes: number;
  readonly heldDocumentBytes: number;
  readonly maxHoldWaiters: number;
  /** Of memory that bodies were read into, kept for the next ones. */
  readonly keptSlabBytes: number;
};

const mebibyte = 2 ** 20;

export const defaultS3Limits: S3Limits = {
  maxConnections: 4096,
  leastUnderWay: 128,
  maxWorkMs: 250,
  refusedRestMs: 1_000,
  maxHeadBytes: 32 * 1024,
  maxHeaders: 128,
  headTimeoutMs: 20_000,
  idleTimeoutMs: 60_000,
  minBytesPerSecond: 4096,
  keepAliveTimeoutMs: 30_000,
  lingerMs: 3_000,
  lateReplyMs: 5_000,
  maxBodyBytes: 5 * 1024 * mebibyte,
  maxDocumentBytes: 4 * mebibyte,
  maxChunkBytes: 16 * mebibyte,
  heldChunkBytes: 64 * mebibyte,
  heldDocumentBytes: 16 * mebibyte,
  maxHoldWaiters: 1024,
  keptSlabBytes: 32 * mebibyte,
};
