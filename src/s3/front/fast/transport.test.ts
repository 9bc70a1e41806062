import { Socket } from 'node:net';
import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import { pageBytes } from '../../../base/libc.ts';
import { blockLeadBytes } from '../../../base/page-memory.ts';
import type { BodySource, Slab } from '../../../object/store.ts';
import { defaultS3Limits } from '../../limits.ts';
import { FastTransport } from './transport.ts';
import { WriteBuffer, Writer } from './writer.ts';

const KiB = 1024;

let transport: FastTransport;
let source: BodySource;
let rooms: number;

beforeEach(() => {
  rooms = 0;
  const head = {
    method: 'PUT',
    target: '/bucket/key',
    rawHeaders: [],
    minorVersion: 1,
    keepsAlive: true,
    hasBody: true,
  };
  transport = new FastTransport(
    { ...head, bodyBytes: 1024 * KiB, expectsContinue: false },
    {
      clock: systemClock,
      limits: defaultS3Limits,
      remoteAddress: '',
      writer: new Writer(new Socket(), new WriteBuffer()),
      files: undefined,
      onRoom: () => {
        rooms += 1;
      },
      cut: () => undefined,
    },
  );
  source = transport.draw();
});

function arrives(bytes: number): void {
  transport.receive({ bytes: new Uint8Array(bytes), release: () => undefined });
}

function draw(): Promise<IteratorResult<Slab>> {
  return source[Symbol.asyncIterator]().next();
}

test('nothing is read of a body before somebody asks for it', () => {
  expect([transport.isFull, transport.roomBytes]).toEqual([true, 0]);
});

test('without a grant some is read ahead of who draws', async () => {
  const drawn = draw();
  arrives(KiB);
  expect((await drawn).value?.bytes.byteLength).toBe(KiB);
  expect(transport.roomBytes).toBe(Number.POSITIVE_INFINITY);
  arrives(64 * KiB);
  expect(transport.roomBytes).toBe(0);
  await draw();
  expect([transport.roomBytes, rooms]).toEqual([Number.POSITIVE_INFINITY, 2]);
});

test('what is granted is read, whoever draws it when, and nothing beyond it', async () => {
  source.grant?.(256 * KiB);
  expect(rooms).toBe(1);
  const drawn = draw();
  expect(transport.roomBytes).toBe(256 * KiB);
  arrives(100 * KiB);
  await drawn;
  arrives(100 * KiB);
  expect(transport.roomBytes).toBe(56 * KiB);
  arrives(56 * KiB);
  expect(transport.roomBytes).toBe(0);
  await Promise.all([draw(), draw()]);
  source.grant?.(256 * KiB);
  expect(transport.roomBytes).toBe(256 * KiB);
});

test('what came before the first grant counts in it', () => {
  arrives(100); // with the head
  source.grant?.(256 * KiB);
  void draw();
  expect(transport.roomBytes).toBe(256 * KiB - 100);
});

test('the first byte of what is granted has its place in a page, and what follows goes on from there', async () => {
  expect(transport.leadBytes).toBe(blockLeadBytes);
  arrives(100);
  expect(transport.leadBytes).toBe(blockLeadBytes + 100);
  source.grant?.(256 * KiB);
  await draw();
  arrives(256 * KiB - 100);
  await draw();
  source.grant?.(256 * KiB);
  expect(transport.leadBytes).toBe(blockLeadBytes);
  arrives(5000);
  expect(transport.leadBytes).toBe((blockLeadBytes + 5000) % pageBytes);
});

test('a grant that begins behind what has arrived gives a place in a page too', () => {
  for (let grants = 0; grants < 5; grants++) source.grant?.(2048);
  expect(transport.leadBytes).toBe((blockLeadBytes + 2 * pageBytes - 4 * 2048) % pageBytes);
  source.grant?.(2048);
  expect(transport.leadBytes).toBe((blockLeadBytes + 3 * pageBytes - 5 * 2048) % pageBytes);
});

test('beyond what is granted is read what somebody waits for, as the framing of chunks', async () => {
  source.grant?.(10);
  const first = draw();
  arrives(10);
  await first;
  expect(transport.roomBytes).toBe(0);
  const more = draw();
  expect(transport.roomBytes).toBe(Number.POSITIVE_INFINITY);
  arrives(5);
  await more;
  expect(transport.roomBytes).toBe(0);
  source.grant?.(10);
  expect(transport.roomBytes).toBe(10); // the framing was not part of it
});
