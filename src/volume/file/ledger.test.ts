import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, hex } from '../../base/bytes.ts';
import { sha256 } from '../../base/hash.ts';
import { type Frame, type FrameKind, frameBytesOf } from './frame.ts';
import { garbageBytesOf, Ledger } from './ledger.ts';
import { RecordList } from './record.ts';
import { segmentHeaderBytes } from './segment-header.ts';

/** Few enough to collide, spread over partitions as hashes are. */
const addresses = Array.from({ length: 6 }, (_, number) => {
  const address = new Uint8Array(36);
  address.set(sha256(Uint8Array.of(number)));
  return address;
});

/** Every frame that lies in some segment: what a start would find. */
class Files {
  readonly frames = new Map<number, Frame[]>();
  sequence = 0;

  append(segment: number, kind: FrameKind, address: Uint8Array): Frame {
    return this.add({ kind, address, segment, sequence: ++this.sequence });
  }

  copy(from: Frame, segment: number): Frame {
    return this.add({ ...from, segment });
  }

  private add(frame: Pick<Frame, 'kind' | 'address' | 'segment' | 'sequence'>): Frame {
    const storedBytes = frame.kind === 'put' ? 100 + frame.sequence : 0;
    const whole = { writtenAtMs: frame.sequence, storedBytes, ...frame, position: this.end(frame.segment) };
    this.frames.set(frame.segment, [...(this.frames.get(frame.segment) ?? []), whole]);
    return whole;
  }

  end(segment: number): number {
    const last = this.frames.get(segment)?.at(-1);
    return last === undefined ? segmentHeaderBytes : last.position + frameBytesOf(last);
  }

  /** As a start builds it. */
  ledger(): Ledger {
    return new Ledger(
      [...this.frames].map(([segment, frames]) => {
        const list = new RecordList();
        for (const frame of frames) list.add(frame);
        return { account: { segment, bytes: this.end(segment), sidecarBytes: 0, sealed: true }, records: list.bytes };
      }),
    );
  }
}

/** Everything that a ledger tells. */
function told(ledger: Ledger) {
  return {
    blocks: ledger.blocks,
    storedBytes: ledger.storedBytes,
    usedBytes: ledger.usedBytes,
    neededBytes: ledger.neededBytes,
    garbageBytes: ledger.garbageBytes,
    found: addresses.map((address) => ledger.find(address)),
    segments: ledger.segments
      .map(({ segment, bytes, liveBytes }) => ({ segment, bytes, liveBytes }))
      .sort((left, right) => left.segment - right.segment),
  };
}

type Step = { readonly what: 'put' | 'delete' | 'roll' | 'compact'; readonly number: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom('put', 'put', 'delete', 'delete', 'roll', 'compact'),
    number: fc.nat(addresses.length - 1),
  }),
  { minLength: 1, maxLength: 60 },
);

/** A volume without bytes: files, and the ledger that is told of every change. */
class Model {
  readonly files = new Files();
  readonly ledger = new Ledger([]);
  active = 1;

  constructor() {
    this.begin(1);
  }

  begin(segment: number): void {
    this.active = segment;
    this.files.frames.set(segment, []);
    this.ledger.segmentOpened(segment);
  }

  take({ what, number }: Step): void {
    const address = addresses[number] as Uint8Array;
    if (what === 'put') this.ledger.appended(this.files.append(this.active, 'put', address));
    if (what === 'delete') this.ledger.appended(this.files.append(this.active, 'tombstone', address));
    if (what === 'roll') this.begin(this.active + 1);
    if (what === 'compact') this.compact(1 + (number % this.active));
  }

  compact(segment: number): void {
    const frames = this.files.frames.get(segment);
    if (frames === undefined || segment === this.active) return;
    for (const frame of frames.filter((each) => this.ledger.isNeeded(each))) {
      this.ledger.moved(frame, this.files.copy(frame, this.active));
    }
    this.files.frames.delete(segment);
    this.ledger.segmentRemoved(segment, frames);
  }
}

describe('the ledger', () => {
  test('knows after any steps what a start would find', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const model = new Model();
        for (const step of list) model.take(step);
        expect(told(model.ledger)).toEqual(told(model.files.ledger()));
      }),
      { numRuns: 300 },
    );
  });

  test('finds what was put last and not deleted since, whatever compaction did', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const model = new Model();
        const present = new Set<number>();
        for (const step of list) {
          model.take(step);
          if (step.what === 'put') present.add(step.number);
          if (step.what === 'delete') present.delete(step.number);
        }
        const found = addresses.map((address) => model.files.ledger().find(address) !== undefined);
        expect(found).toEqual(addresses.map((_, number) => present.has(number)));
      }),
      { numRuns: 300 },
    );
  });

  test('needs nothing any more when all is deleted and compacted', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const model = new Model();
        for (const step of list) model.take(step);
        for (const number of addresses.keys()) model.take({ what: 'delete', number });
        model.begin(model.active + 1);
        for (let segment = 1; segment < model.active; segment++) model.compact(segment);
        model.begin(model.active + 1);
        model.compact(model.active - 1);
        expect(model.ledger.neededBytes).toBe(0);
        expect(model.ledger.garbageBytes).toBe(0);
      }),
    );
  });

  test('lists what is present, ascending', () => {
    const { ledger, files } = new Model();
    for (const address of addresses) ledger.appended(files.append(1, 'put', address));
    ledger.appended(files.append(1, 'tombstone', addresses[2] as Uint8Array));
    const expected = addresses.filter((_, number) => number !== 2).sort(compareBytes);
    expect([...ledger.ascending({})].map(({ address }) => hex(address))).toEqual(expected.map(hex));
  });

  test('a copy whose frame was replaced or deleted meanwhile is garbage', () => {
    for (const kind of ['put', 'tombstone'] as const) {
      const model = new Model();
      const address = addresses[0] as Uint8Array;
      const old = model.files.append(1, 'put', address);
      model.ledger.appended(old);
      model.begin(2);
      const newest = model.files.append(2, kind, address);
      model.ledger.appended(newest);
      model.ledger.moved(old, model.files.copy(old, 2));
      expect(told(model.ledger)).toEqual(told(model.files.ledger()));
      expect(model.ledger.isNeeded(newest)).toBe(true);
    }
  });

  test('forgets what a lost segment held, and nothing else', () => {
    const model = new Model();
    const [lost, kept] = addresses as [Uint8Array, Uint8Array];
    model.ledger.appended(model.files.append(1, 'put', lost));
    model.begin(2);
    model.ledger.appended(model.files.append(2, 'put', kept));
    model.ledger.segmentLost(1);
    model.files.frames.delete(1);
    expect(told(model.ledger)).toEqual(told(model.files.ledger()));
  });

  test('of a volume that a crash left with both copies of a frame, counts one', () => {
    const files = new Files();
    files.frames.set(1, []);
    const frame = files.append(1, 'put', addresses[0] as Uint8Array);
    const copy = files.copy(frame, 2);
    const ledger = files.ledger();
    expect([ledger.blocks, ledger.isNeeded(copy), ledger.isNeeded(frame)]).toEqual([1, true, false]);
    expect(ledger.segments.map(garbageBytesOf)).toEqual([frameBytesOf(frame), 0]);
  });
});
