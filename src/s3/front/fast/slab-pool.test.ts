import { expect, test } from 'vitest';
import { SlabPool } from './slab-pool.ts';

const small = { slabBytes: 8, maxFreeBytes: 16 };

test('a slab is free again when its views were released and nothing is read into it', () => {
  const pool = new SlabPool(small);
  const slab = pool.take();
  slab.room.set([1, 2, 3]);
  const first = slab.view(slab.fill(3));
  slab.room.set([4, 5]);
  const second = slab.view(slab.fill(2).subarray(1));
  expect([[...first.bytes], [...second.bytes], slab.room.byteLength]).toEqual([[1, 2, 3], [5], 3]);
  slab.drop();
  first.release();
  expect(pool.freeBytes).toBe(0);
  second.release();
  expect(pool.freeBytes).toBe(8);
});

test('a slab is filled from behind what is left free at its beginning', () => {
  const slab = new SlabPool(small).take(3);
  expect(slab.room.byteLength).toBe(5);
  slab.room.set([1, 2, 3, 4, 5]);
  const bytes = slab.fill(5);
  expect([[...bytes], slab.isFull]).toEqual([[1, 2, 3, 4, 5], true]);
});

test('a slab without views is free when it is dropped, and its memory is used again', () => {
  const pool = new SlabPool(small);
  const { buffer } = pool.take().room;
  expect(pool.take().room.buffer).not.toBe(buffer);
  const slab = pool.take();
  const { buffer: again } = slab.room;
  slab.fill(8);
  expect(slab.isFull).toBe(true);
  slab.drop();
  expect(pool.take().room.buffer).toBe(again);
});

test('no more free slabs are kept than may be; the memory of others goes back at once', () => {
  const pool = new SlabPool(small);
  const slabs = [pool.take(), pool.take(), pool.take()];
  const memory = slabs.map(({ room }) => room);
  for (const slab of slabs) slab.drop();
  expect(pool.freeBytes).toBe(16);
  expect(memory.map(({ byteLength }) => byteLength)).toEqual([8, 8, 0]);
});

test('slabs that were free all the time are given back when it is trimmed', () => {
  const pool = new SlabPool(small);
  for (const slab of [pool.take(), pool.take()]) slab.drop();
  pool.trim(); // nothing was free all the time
  expect(pool.freeBytes).toBe(16);
  pool.take().drop();
  pool.trim();
  expect(pool.freeBytes).toBe(8);
  pool.trim();
  expect(pool.freeBytes).toBe(0);
});

test('slabs that may be handed to other threads are shared memory, kept within the same bounds', () => {
  const pool = new SlabPool({ ...small, isShared: true });
  const slabs = [pool.take(), pool.take(), pool.take()];
  for (const { room } of slabs) expect(room.buffer).toBeInstanceOf(SharedArrayBuffer);
  for (const slab of slabs) slab.drop();
  expect(pool.freeBytes).toBe(16);
});

test('a view that is released twice is a bug', () => {
  const view = new SlabPool(small).take().view(new Uint8Array(1));
  view.release();
  expect(() => view.release()).toThrow('released once');
});
