/**
 * Why: one program makes ready and signs, another, in C where there is a compiler, does nothing but send. Between them
 * lies a file: a count, a row for each request (little-endian, see `struct request` of epoll-load.c), heads and bodies.
 */
import { type FileHandle, open } from 'node:fs/promises';

export type PlannedRequest = {
  /** With the empty line that ends it. */
  readonly head: Buffer;
  /** Made when it is written; or as many bytes, of which no 4 KiB were ever sent before. */
  readonly body: number | (() => Uint8Array);
  readonly isHead?: boolean;
  /** What a success must bring; any when left out. */
  readonly answerBytes?: number;
};

export type Row = {
  readonly headAt: number;
  readonly headBytes: number;
  readonly bodyAt: number;
  readonly bodyBytes: number;
  readonly isBodyInPlan: boolean;
  readonly isHead: boolean;
  readonly answerBytes: number | undefined;
};

const countBytes = 8;
const rowBytes = 40;
const isHeadFlag = 1;
const isBodyInPlanFlag = 2;
const anyLength = 2n ** 64n - 1n;

export async function writePlan(path: string, requests: readonly PlannedRequest[]): Promise<void> {
  await using file = await open(path, 'w');
  const table = Buffer.alloc(countBytes + rowBytes * requests.length);
  table.writeBigUInt64LE(BigInt(requests.length));
  let at = table.byteLength;
  for (const [number, request] of requests.entries()) {
    const row = await writeParts(file, request, at);
    encodeRow(row, table.subarray(countBytes + number * rowBytes));
    at = row.bodyAt + (row.isBodyInPlan ? row.bodyBytes : 0);
  }
  await file.write(table, 0, table.byteLength, 0);
}

async function writeParts(file: FileHandle, request: PlannedRequest, headAt: number): Promise<Row> {
  const { head, body, isHead = false, answerBytes } = request;
  const bodyAt = headAt + head.byteLength;
  await file.write(head, 0, head.byteLength, headAt);
  const shared = { headAt, headBytes: head.byteLength, bodyAt, isHead, answerBytes };
  if (typeof body === 'number') return { ...shared, bodyBytes: body, isBodyInPlan: false };
  const bytes = body();
  await file.write(bytes, 0, bytes.byteLength, bodyAt);
  return { ...shared, bodyBytes: bytes.byteLength, isBodyInPlan: true };
}

function encodeRow(row: Row, to: Buffer): void {
  to.writeBigUInt64LE(BigInt(row.headAt), 0);
  to.writeBigUInt64LE(BigInt(row.bodyAt), 8);
  to.writeBigUInt64LE(BigInt(row.bodyBytes), 16);
  to.writeBigUInt64LE(row.answerBytes === undefined ? anyLength : BigInt(row.answerBytes), 24);
  to.writeUInt32LE(row.headBytes, 32);
  to.writeUInt32LE((row.isHead ? isHeadFlag : 0) | (row.isBodyInPlan ? isBodyInPlanFlag : 0), 36);
}

export async function readRows(file: FileHandle): Promise<readonly Row[]> {
  const count = Number((await readAt(file, 0, countBytes)).readBigUInt64LE());
  const table = await readAt(file, countBytes, count * rowBytes);
  return Array.from({ length: count }, (_, number) => decodeRow(table.subarray(number * rowBytes)));
}

function decodeRow(from: Buffer): Row {
  const answerBytes = from.readBigUInt64LE(24);
  const flags = from.readUInt32LE(36);
  return {
    headAt: Number(from.readBigUInt64LE(0)),
    bodyAt: Number(from.readBigUInt64LE(8)),
    bodyBytes: Number(from.readBigUInt64LE(16)),
    answerBytes: answerBytes === anyLength ? undefined : Number(answerBytes),
    headBytes: from.readUInt32LE(32),
    isHead: (flags & isHeadFlag) !== 0,
    isBodyInPlan: (flags & isBodyInPlanFlag) !== 0,
  };
}

export async function readAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
  if (bytesRead !== bytes) throw new Error(`the plan ends at ${at + bytesRead}, before ${at + bytes}`);
  return buffer;
}
