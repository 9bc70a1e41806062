import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Disk } from '../../disk/disk.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { KnownRoom } from './known-room.ts';

/** A device that counts how often it is asked, and a clock that stands. */
function bench() {
  const memory = new MemoryDisk({ capacityBytes: 1000 });
  let [nowMs, asked] = [0, 0];
  const space: Disk['space'] = (options) => {
    asked += 1;
    return memory.space(options);
  };
  const disk = new Proxy<Disk>(memory, {
    get: (target, name) => (name === 'space' ? space : Reflect.get(target, name)),
  });
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  return {
    room: new KnownRoom({ disk, clock, plentyBytes: 800, maxAgeMs: 100 }),
    asked: () => asked,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('where there is plenty it is asked for now and then, and what was written counts', async () => {
  const { room, asked, pass } = bench();
  expect([await room.free(), await room.free()]).toEqual([1000, 1000]);
  room.wrote(150);
  expect([await room.free(), asked()]).toEqual([850, 1]);
  pass(100);
  expect([await room.free(), asked()]).toEqual([1000, 2]);
});

test('where there is little it is asked for each time, and where a write failed', async () => {
  const { room, asked } = bench();
  await room.free();
  room.wrote(201);
  await room.free();
  room.forget();
  await room.free();
  expect(asked()).toBe(3);
});
