import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AheadEffect, type ObjectRead, type StreamLimits, Streams } from './streams.ts';

const limits: StreamLimits = { leastWindowBytes: 100, mostWindowBytes: 800, mostStreams: 4, mostAheadBytes: 1600 };
const of = 100_000;

function read(streams: Streams, from: number, to: number, more: Partial<ObjectRead> = {}) {
  return streams.read({ object: 'a', isSafetensors: false, ...more, from, to, of });
}

function fetched(effects: readonly AheadEffect[]): (readonly [number, number])[] {
  return effects.flatMap((effect) => (effect.kind === 'fetch' ? [[effect.from, effect.to] as const] : []));
}

describe('readers in order', () => {
  test('open a window with their second read, which doubles each time half of it or less lies ahead', () => {
    const streams = new Streams(limits);
    const asked = Array.from({ length: 20 }, (_, at) => fetched(read(streams, at * 50, (at + 1) * 50)).flat());
    expect(asked.filter((each) => each.length > 0)).toEqual([
      [100, 200],
      [200, 350],
      [350, 600],
      [600, 1050],
      [1050, 1450],
    ]);
  });

  test('never ask beyond the end, and are forgotten there', () => {
    const streams = new Streams(limits);
    read(streams, of - 200, of - 150);
    expect(fetched(read(streams, of - 150, of - 100))).toEqual([[of - 100, of]]);
    expect(read(streams, of - 100, of)).toEqual([]);
    expect(streams.count).toBe(0);
  });

  test('may jump within what was asked for', () => {
    const streams = new Streams(limits);
    read(streams, 0, 50);
    read(streams, 50, 100);
    expect(fetched(read(streams, 180, 200))).toEqual([[200, 400]]);
  });

  test('go on when another reads elsewhere, with half the window; after some they begin anew', () => {
    const streams = new Streams(limits);
    read(streams, 0, 50);
    const [ask] = read(streams, 50, 100);
    expect(read(streams, 50_000, 50_010)).toEqual([]);
    expect(read(streams, 60_000, 60_010)).toEqual([{ kind: 'cancel', stream: ask?.kind === 'fetch' && ask.stream }]);
    expect(read(streams, 100, 150)).toEqual([]);
    expect(fetched(read(streams, 150, 200))).toEqual([[200, 300]]);
  });

  test('are told apart by their objects', () => {
    const streams = new Streams(limits);
    read(streams, 0, 50, { object: 'a' });
    expect(read(streams, 50, 100, { object: 'b' })).toEqual([]);
    expect(fetched(read(streams, 50, 100, { object: 'a' }))).toEqual([[100, 200]]);
  });

  test('give way to others when they were silent longest', () => {
    const streams = new Streams({ ...limits, mostAheadBytes: 250 });
    for (const object of ['a', 'b', 'c']) {
      read(streams, 0, 50, { object });
      const effects = read(streams, 50, 100, { object });
      expect(effects.map(({ kind }) => kind)).toEqual(object === 'c' ? ['cancel', 'fetch'] : ['fetch']);
    }
    expect(streams.aheadBytes).toBe(200);
  });
});

describe('what is at hand', () => {
  const isAtHand = true;

  test('begins no stream and opens no window', () => {
    const streams = new Streams(limits);
    for (let from = 0; from < 500; from += 50) expect(read(streams, from, from + 50, { isAtHand })).toEqual([]);
    expect(streams.count).toBe(0);
    read(streams, 1000, 1050);
    expect(read(streams, 1050, 1100, { isAtHand })).toEqual([]);
    expect(fetched(read(streams, 1100, 1150))).toEqual([[1150, 1250]]);
  });

  test('keeps a stream going that asked for it', () => {
    const streams = new Streams(limits);
    read(streams, 0, 50);
    expect(fetched(read(streams, 50, 100))).toEqual([[100, 200]]);
    expect(fetched(read(streams, 100, 150, { isAtHand }))).toEqual([[200, 350]]);
  });

  test('takes no window from others', () => {
    const streams = new Streams(limits);
    read(streams, 0, 50);
    read(streams, 50, 100);
    for (const from of [50_000, 60_000, 70_000]) expect(read(streams, from, from + 10, { isAtHand })).toEqual([]);
    expect(fetched(read(streams, 100, 150))).toEqual([[200, 350]]);
  });
});

describe('safetensors', () => {
  const isSafetensors = true;

  test('the header is asked for whole on the first read, and the tensors once one was read', () => {
    const streams = new Streams(limits);
    expect(read(streams, 0, 8, { isSafetensors })).toEqual([{ kind: 'read-header', object: 'a' }]);
    expect(fetched(streams.header('a', 508))).toEqual([[8, 508]]);
    expect(read(streams, 8, 508)).toEqual([]);
    expect(fetched(read(streams, 508, 600))).toEqual([[600, 784]]);
  });

  test('who read beyond the header at once begins with the first tensor', () => {
    const streams = new Streams(limits);
    read(streams, 0, 1000, { isSafetensors });
    expect(streams.header('a', 508)).toEqual([]);
    expect(fetched(read(streams, 508, 600))).toEqual([[600, 784]]);
  });

  test('a header of an object that nobody reads any more asks for nothing', () => {
    expect(new Streams(limits).header('a', 508)).toEqual([]);
  });
});

test('random readers ask for nothing', () => {
  const starts = fc.uniqueArray(fc.nat(9_000), { maxLength: 200 });
  fc.assert(
    fc.property(starts, (all) => {
      const streams = new Streams(limits);
      for (const start of all) expect(read(streams, start * 10, start * 10 + 7)).toEqual([]);
    }),
  );
});

test('of two streams at one place the younger one goes on', () => {
  const streams = new Streams(limits);
  read(streams, 0, 100);
  read(streams, 50, 100);
  expect(streams.count).toBe(2);
  expect(fetched(read(streams, 100, 150))).toEqual([[150, 250]]);
  expect(read(streams, 100, 150)).toEqual([]);
});

test('whatever is read: bounds hold, and a stream asks in order, once, for what lies ahead', () => {
  const step = fc.record({
    object: fc.constantFrom('a', 'b', 'c' as const),
    reader: fc.nat(3),
    jump: fc.option(fc.nat(of - 1), { freq: 8 }),
    bytes: fc.integer({ min: 1, max: 2000 }),
    isHeaderKnown: fc.boolean(),
    isAtHand: fc.boolean(),
  });
  const dataFrom = { a: 50, b: 3000, c: 90_000 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const streams = new Streams(limits);
      const at = new Map<string, number>();
      const askedTo = new Map<number, number>();
      for (const { object, reader, jump, bytes, isHeaderKnown, isAtHand } of steps) {
        const who = `${object}${reader}`;
        const from = Math.min(jump ?? at.get(who) ?? 0, of - 1);
        const to = Math.min(from + bytes, of);
        at.set(who, to);
        const effects = streams.read({ object, from, to, of, isAtHand, isSafetensors: true });
        if (isHeaderKnown) effects.push(...streams.header(object, dataFrom[object]));
        expect(streams.count).toBeLessThanOrEqual(limits.mostStreams);
        expect(streams.aheadBytes).toBeLessThanOrEqual(limits.mostAheadBytes);
        for (const effect of effects) {
          if (effect.kind !== 'fetch') continue;
          expect(effect.object).toBe(object);
          expect(effect.from).toBeGreaterThanOrEqual(askedTo.get(effect.stream) ?? 0);
          expect(effect.to).toBeGreaterThan(effect.from);
          expect(effect.to).toBeLessThanOrEqual(of);
          askedTo.set(effect.stream, effect.to);
        }
      }
    }),
  );
});
