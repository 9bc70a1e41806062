/**
 * Why: requests are signed before the clock starts and sent again and again: what a signature covers is the head, so
 * the same head may bring another body each time. Only a body of signed chunks is signed itself, and serves once.
 */
import { createHash, randomFillSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { amzDate } from '../../src/sigv4/amz-date.ts';
import { type Signed, sign, signedChunks } from '../../test/support/s3-signer.ts';
import { jumpingPlace } from '../jumping.ts';
import { bucket, type HttpEndpoint } from '../load/endpoint.ts';
import type { PlannedRequest } from '../load/plan.ts';
import { headOf, hostOf, signedHead } from '../load/signed-head.ts';
import { chunkBytes, mix, pageKeys, type Workload } from './workload.ts';

export type Requests = {
  readonly requests: readonly PlannedRequest[];
  /** Each may be sent only once: the cell ends with the last of them. */
  readonly once?: boolean;
};

/** What must lie there before the first cell. */
export function objectsBefore(workload: Workload): readonly string[] {
  return workload.kind.startsWith('put') ? [] : keysOf(workload);
}

/** What each cell deletes some of, so that it must be put back before the next. */
export function objectsBeforeEach(workload: Workload): readonly string[] {
  const { kind, objects } = workload;
  return kind === 'mixed' ? upTo(objects).map((at) => passingKeyOf(workload, at)) : [];
}

export function putOf(endpoint: HttpEndpoint, key: string, bodyBytes: number): PlannedRequest {
  return { head: signedHead(endpoint, { method: 'PUT', target: `/${bucket}/${key}`, bodyBytes }), body: bodyBytes };
}

export function requestsOf(endpoint: HttpEndpoint, workload: Workload): Requests {
  const { kind, bytes, objects } = workload;
  const keys = keysOf(workload);
  switch (kind) {
    case 'get':
      return { requests: keys.map((key) => getOf(endpoint, key, bytes)) };
    case 'get-cold':
      return { requests: keys.map((key) => getOf(endpoint, key, bytes)), once: true };
    case 'get-range':
      return { requests: rangesOf(endpoint, workload) };
    case 'put':
      return { requests: keys.map((key) => putOf(endpoint, key, bytes)) };
    case 'put-made':
    case 'put-hashed':
      return { requests: keys.map((key) => madeOf(endpoint, key, workload)), once: true };
    case 'put-signed-chunks':
      return { requests: inSignedChunks(endpoint, keys, bytes), once: true };
    case 'list':
      return { requests: upTo(objects / pageKeys).map((at) => pageOf(endpoint, workload, at)) };
    case 'mixed':
      return { requests: mixed(endpoint, workload) };
  }
}

export function pageTarget(workload: Workload, page: number): string {
  const after = page === 0 ? '' : `&start-after=${encodeURIComponent(keyOf(workload, page * pageKeys - 1))}`;
  const prefix = encodeURIComponent(`${folderOf(workload)}/`);
  return `/${bucket}?list-type=2&max-keys=${pageKeys}&prefix=${prefix}${after}`;
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}

/** Those who only read objects of one size read the same ones. */
function folderOf({ kind, bytes }: Workload): string {
  return `${kind.startsWith('get') ? 'get' : kind}-${bytes}`;
}

function keysOf(workload: Workload): readonly string[] {
  return upTo(workload.objects).map((at) => keyOf(workload, at));
}

function keyOf(workload: Workload, at: number): string {
  return `${folderOf(workload)}/${String(at).padStart(6, '0')}`;
}

/** Of what mixed work puts and deletes, apart from what it reads. */
function passingKeyOf(workload: Workload, at: number): string {
  return `${folderOf(workload)}-passing/${String(at).padStart(6, '0')}`;
}

function getOf(endpoint: HttpEndpoint, key: string, answerBytes: number): PlannedRequest {
  return { head: signedHead(endpoint, { method: 'GET', target: `/${bucket}/${key}` }), body: 0, answerBytes };
}

function rangesOf(endpoint: HttpEndpoint, workload: Workload): readonly PlannedRequest[] {
  const { bytes, rangeBytes = bytes } = workload;
  const ranges = keysOf(workload).flatMap((key) =>
    upTo(Math.floor(bytes / rangeBytes)).map((at) => ({ target: `/${bucket}/${key}`, from: at * rangeBytes })),
  );
  return scattered(ranges).map(({ target, from }) => {
    const headers = [['range', `bytes=${from}-${from + rangeBytes - 1}`]] as const;
    return { head: signedHead(endpoint, { method: 'GET', target, headers }), body: 0, answerBytes: rangeBytes };
  });
}

/** In an order that jumps, and is the same in every run. */
function scattered<T>(list: readonly T[]): readonly T[] {
  const placed = list.map((value, at) => ({ value, place: jumpingPlace(at) }));
  return placed.toSorted((left, right) => left.place - right.place).map(({ value }) => value);
}

/** With bytes that were never sent before; the plan holds them. */
function madeOf(endpoint: HttpEndpoint, key: string, { kind, bytes }: Workload): PlannedRequest {
  const content = randomFillSync(Buffer.allocUnsafe(bytes));
  const payload = kind === 'put-hashed' ? { payloadHash: createHash('sha256').update(content).digest('hex') } : {};
  const head = signedHead(endpoint, { method: 'PUT', target: `/${bucket}/${key}`, bodyBytes: bytes, ...payload });
  return { head, body: () => content };
}

function pageOf(endpoint: HttpEndpoint, workload: Workload, page: number): PlannedRequest {
  return { head: signedHead(endpoint, { method: 'GET', target: pageTarget(workload, page) }), body: 0 };
}

/**
 * One turn puts each passing key once; its verbs are spread evenly, and a key is deleted half a turn after it was put,
 * when no connection has it under way any more.
 */
function mixed(endpoint: HttpEndpoint, workload: Workload): readonly PlannedRequest[] {
  const { objects, bytes } = workload;
  const share = (count: number) => Math.floor((count * objects) / mix.puts);
  const kept = (at: number) => keyOf(workload, at % objects);
  const deletes = share(mix.deletes);
  const half = Math.floor(objects / 2);
  const deleted = (at: number) => passingKeyOf(workload, (Math.floor((at * objects) / deletes) + half) % objects);
  const bare = (method: string, key: string) => signedHead(endpoint, { method, target: `/${bucket}/${key}` });
  return spread([
    upTo(share(mix.gets)).map((at) => getOf(endpoint, kept(at), bytes)),
    upTo(share(mix.heads)).map((at) => ({ head: bare('HEAD', kept(at)), body: 0, isHead: true })),
    upTo(objects).map((at) => putOf(endpoint, passingKeyOf(workload, at), bytes)),
    upTo(deletes).map((at) => ({ head: bare('DELETE', deleted(at)), body: 0 })),
  ]);
}

/** The lists as one, each stretched over the whole of it. */
function spread<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const placed = lists.flatMap((list) => list.map((value, at) => ({ value, place: (at + 0.5) / list.length })));
  return placed.toSorted((left, right) => left.place - right.place).map(({ value }) => value);
}

/** As SDKs send a body over plain HTTP: chunks signed one after the other, and a checksum at the end. */
function inSignedChunks(endpoint: HttpEndpoint, keys: readonly string[], bytes: number): readonly PlannedRequest[] {
  const content = randomFillSync(Buffer.allocUnsafe(bytes));
  const targets = keys.map((key) => `/${bucket}/${key}`);
  const bodyBytes = framed(chunkedHead(endpoint, targets[0] ?? '', bytes).seed, content).byteLength;
  return targets.map((target, at) => {
    const { headers, seed } = chunkedHead(endpoint, target, bytes);
    const head = headOf('PUT', target, [...headers, ['content-length', String(bodyBytes)]]);
    return { head, body: () => framed(seed, stamped(content, at)) };
  });
}

function chunkedHead(endpoint: HttpEndpoint, target: string, bytes: number): Signed {
  return sign(endpoint, {
    method: 'PUT',
    target,
    headers: [
      ['host', hostOf(endpoint)],
      ['content-encoding', 'aws-chunked'],
      ['x-amz-decoded-content-length', String(bytes)],
      ['x-amz-trailer', 'x-amz-checksum-crc32'],
    ],
    payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    amzDate: amzDate(Date.now()),
  });
}

function framed(seed: Signed['seed'], content: Buffer): Buffer {
  return signedChunks(seed, chunksOf(content), ['x-amz-checksum-crc32', crc(content)]);
}

/** The same bytes for another key, no 4 KiB of them as before. */
function stamped(content: Buffer, key: number): Buffer {
  for (let at = 0; at < content.byteLength; at += 4 * 1024) content.writeUInt32LE(key, at);
  return content;
}

function chunksOf(content: Buffer): readonly Buffer[] {
  return upTo(Math.ceil(content.byteLength / chunkBytes)).map((at) =>
    content.subarray(at * chunkBytes, (at + 1) * chunkBytes),
  );
}

function crc(content: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(content));
  return bytes.toString('base64');
}
