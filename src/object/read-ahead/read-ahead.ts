/**
 * Why: the shell around streams.ts: it sees the ranges that readers ask for, and fetches what they will ask for next by
 * the same verified reads. Nobody waits for it, save a reader for bytes that are on their way already. It gives way:
 * few pieces at a time, none while bodies wait for memory or take half of it; what fails or finds no room is dropped
 * and read by whoever asks for it. docs/design/read-ahead.md tells the sizes.
 */
import { type CallOptions, raceAbort } from '../../base/async/abort.ts';
import { InFlight } from '../../base/async/in-flight.ts';
import type { Memory } from '../../base/async/memory-budget.ts';
import type { ReadMemory } from '../../base/read-memory.ts';
import type { Cache } from '../../cache/cache.ts';
import type { Content } from '../../catalog/records/version.ts';
import type { Counter, Metrics } from '../../observe/metrics/metrics.ts';
import type { BlockStore } from '../../replica/block-store.ts';
import { type PlacedRef, walkContent } from '../content/references.ts';
import { leastLentBytes, maxCachedBytes } from '../content/tiers.ts';
import { type BlockPart, type Piece, Pieces, pieceBytes } from './pieces.ts';
import { dataStart, isSafetensorsKey, lengthFieldBytes } from './safetensors.ts';
import { type AheadEffect, type StreamLimits, Streams } from './streams.ts';

export type ReadAheadOptions = {
  readonly blocks: BlockStore;
  readonly cache: Cache;
  readonly memory: Memory;
  readonly readMemory: ReadMemory;
  readonly metrics: Metrics;
  readonly limits?: StreamLimits;
};

const MiB = 2 ** 20;
/** Of the memory budget, on top of it: what was fetched ahead and not read yet. */
const heldShare = 1 / 8;
/** Of the memory budget: when bodies take more, nothing is fetched ahead. */
const busyShare = 1 / 2;
const mostPiecesAtOnce = 4;
const mostQueuedPieces = 1024;

type Job = { readonly stream: number; readonly part: BlockPart };
type Range = { readonly from: number; readonly to: number };

export class ReadAhead {
  readonly #options: ReadAheadOptions;
  readonly #streams: Streams;
  readonly #pieces: Pieces;
  readonly #contents = new Map<string, Content & { readonly bytes: number }>();
  readonly #stopped = new AbortController();
  readonly #inFlight = new InFlight();
  readonly #fetchedBytes: Counter;
  readonly #dropped: Counter;
  readonly #limits: StreamLimits;
  #queue: Job[] = [];
  /** Works begun, and pieces among them. */
  #working = 0;
  #fetching = 0;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
    const heldBytes = Math.floor(options.memory.capacity * heldShare);
    this.#limits = options.limits ?? {
      leastWindowBytes: MiB,
      mostWindowBytes: Math.min(16 * MiB, heldBytes / 2),
      mostStreams: 128,
      mostAheadBytes: heldBytes,
    };
    this.#streams = new Streams(this.#limits);
    const { fetched, used, wasted, dropped } = countersOf(options.metrics);
    this.#fetchedBytes = fetched;
    this.#dropped = dropped;
    this.#pieces = new Pieces(heldBytes, { used, wasted });
    options.metrics.observed('copyset_read_ahead_held_bytes', 'Bytes fetched ahead that wait to be read.', () => [
      { value: this.#pieces.heldBytes },
    ]);
    options.metrics.observed('copyset_read_ahead_used_ratio', 'Used, of what was used or wasted.', () => [
      { value: this.#pieces.usedRatio },
    ]);
  }

  /** A reader of this content asks for a range of it, and has it already where it was at hand. */
  observe(
    content: Content & { readonly bytes: number },
    range: Range,
    { key, isAtHand = false }: { readonly key: string; readonly isAtHand?: boolean },
  ): void {
    const { bytes: of } = content;
    if (this.#stopped.signal.aborted || (range.from === 0 && range.to === of)) return;
    if (isAtHand && this.#streams.count === 0) return;
    const object = identityOf(content);
    if (!isAtHand) this.#remember(object, content);
    this.#perform(this.#streams.read({ object, ...range, of, isAtHand, isSafetensors: isSafetensorsKey(key) }));
  }

  /** Undefined when nothing of the part is on its way; else resolves, and never rejects save by the signal. */
  arrival(part: BlockPart, { signal }: CallOptions = {}): Promise<unknown> | undefined {
    const arriving = this.#pieces.across(part).flatMap((piece) => piece.arriving ?? []);
    return arriving.length === 0 ? undefined : raceAbort(Promise.all(arriving), signal);
  }

  /** Bytes that are held here. Nobody may change them. */
  held(part: BlockPart): Uint8Array | undefined {
    return this.#pieces.bytesOf(part);
  }

  /** The reader has the part, from wherever. */
  used(part: BlockPart): void {
    this.#pieces.use(part);
  }

  /** Resolves when all that is wanted now was fetched or dropped. */
  async settled(): Promise<void> {
    while (this.#working > 0 || this.#queue.length > 0) await this.#inFlight.settled();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#queue = [];
    await this.settled();
    this.#pieces.clear();
  }

  #remember(object: string, content: Content & { readonly bytes: number }): void {
    this.#contents.delete(object);
    this.#contents.set(object, content);
    const [oldest] = this.#contents.keys();
    if (this.#contents.size > this.#limits.mostStreams && oldest !== undefined) this.#contents.delete(oldest);
  }

  #perform(effects: readonly AheadEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'cancel') this.#queue = this.#queue.filter(({ stream }) => stream !== effect.stream);
      else if (effect.kind === 'fetch') this.#begin(this.#enqueue(effect));
      else this.#begin(this.#readHeader(effect.object));
    }
  }

  /** Nobody waits for it, and its errors are nobody's: readers meet the same ones, and are told. */
  #begin(work: Promise<void>): void {
    const counted = async () => {
      this.#working += 1;
      try {
        await work;
      } catch {
        this.#dropped.add(1, { reason: 'failed' });
      } finally {
        this.#working -= 1;
      }
    };
    void this.#inFlight.track(counted());
  }

  async #enqueue({ stream, object, from, to }: AheadEffect & { readonly kind: 'fetch' }): Promise<void> {
    const content = this.#contents.get(object);
    if (content === undefined) return;
    const { blocks } = this.#options;
    for await (const placed of walkContent(blocks, content, { from, to, signal: this.#stopped.signal })) {
      if (this.#isLent(partWithin(content.classId, placed, { from, to }))) continue;
      for (const part of piecesWithin(content.classId, placed, { from, to })) {
        if (this.#queue.length < mostQueuedPieces) this.#queue.push({ stream, part });
        else this.#dropped.add(1, { reason: 'queue_full' });
      }
    }
    this.#work();
  }

  async #readHeader(object: string): Promise<void> {
    const content = this.#contents.get(object);
    if (content === undefined || content.bytes < lengthFieldBytes) return;
    const { blocks } = this.#options;
    const { signal } = this.#stopped;
    for await (const { ref } of walkContent(blocks, content, { from: 0, to: lengthFieldBytes, signal })) {
      const range = { from: 0, to: Math.min(lengthFieldBytes, ref.bytes), of: ref.bytes };
      const first = await blocks.read({ name: ref.name, classId: content.classId }, { signal, range });
      const dataFrom = dataStart(first, content.bytes);
      if (dataFrom !== undefined) this.#perform(this.#streams.header(object, dataFrom));
      return;
    }
  }

  #work(): void {
    while (this.#fetching < mostPiecesAtOnce && this.#queue.length > 0) {
      const job = this.#queue.shift();
      if (job === undefined || this.#pieces.has(job.part)) continue;
      this.#fetching += 1;
      this.#begin(
        this.#fetch(job.part).finally(() => {
          this.#fetching -= 1;
          this.#work();
        }),
      );
    }
  }

  async #fetch(part: BlockPart): Promise<void> {
    const bytes = part.range.to - part.range.from;
    const { memory } = this.#options;
    if (memory.inUse + bytes > memory.capacity * busyShare) return this.#dropped.add(1, { reason: 'busy' });
    using permit = memory.tryAcquire(bytes);
    if (permit === undefined) return this.#dropped.add(1, { reason: 'busy' });
    const { promise, resolve } = Promise.withResolvers<void>();
    const piece: Piece = { part, arriving: promise, bytes: undefined, usedTo: part.range.from };
    if (!this.#pieces.add(piece)) return this.#dropped.add(1, { reason: 'no_room' });
    try {
      const isNew = await this.#fill(piece);
      if (isNew) piece.arriving = undefined;
      else this.#pieces.remove(piece);
    } catch (error) {
      this.#pieces.remove(piece);
      throw error;
    } finally {
      resolve();
    }
  }

  /** False when a tier has it already. */
  async #fill(piece: Piece): Promise<boolean> {
    const { block, range } = piece.part;
    const { blocks, cache, readMemory } = this.#options;
    const { signal } = this.#stopped;
    if (this.#isLent(piece.part)) return false;
    if (range.of <= maxCachedBytes && (await cache.get(block.name, { signal })) !== undefined) return false;
    const bytes = await blocks.read(block, { signal, range });
    this.#fetchedBytes.add(bytes.byteLength);
    if (this.#isLent(piece.part)) readMemory.give(bytes);
    else piece.bytes = bytes;
    return true;
  }

  #isLent({ block, range }: BlockPart): boolean {
    const loan = range.of > leastLentBytes ? this.#options.blocks.lend(block, range) : undefined;
    loan?.release();
    return loan !== undefined;
  }
}

function countersOf(metrics: Metrics) {
  const bytes = (kind: string, help: string) => metrics.counter(`copyset_read_ahead_${kind}_bytes_total`, help);
  return {
    fetched: bytes('fetched', 'Bytes that were fetched before a reader asked for them.'),
    used: bytes('used', 'Bytes of them that readers then asked for.'),
    wasted: bytes('wasted', 'Bytes of them that nobody asked for in time.'),
    dropped: metrics.counter('copyset_read_ahead_dropped_total', 'Works of read-ahead that were given up, by reason.'),
  };
}

/** Equal content is one object: what was fetched for one reader of it serves all. */
function identityOf({ manifest, blocks, bytes }: Content & { readonly bytes: number }): string {
  return `${manifest?.name ?? `${blocks[0]?.name}-${blocks.at(-1)?.name}`}:${bytes}`;
}

function partWithin(classId: number, { ref, at }: PlacedRef, window: Range): BlockPart {
  const of = ref.bytes;
  const range = { from: Math.max(window.from - at, 0), to: Math.min(window.to - at, of), of };
  return { block: { name: ref.name, classId }, range };
}

/** Small blocks whole; of others the pieces that touch the window, the first one from the window's chunk on. */
function piecesWithin(classId: number, placed: PlacedRef, window: Range): BlockPart[] {
  const {
    block,
    range: { from: wanted, to: end, of },
  } = partWithin(classId, placed, window);
  if (of <= pieceBytes) return [{ block, range: { from: 0, to: of, of } }];
  const parts: BlockPart[] = [];
  for (let from = wanted - (wanted % leastLentBytes); from < end; from += pieceBytes - (from % pieceBytes))
    parts.push({ block, range: { from, to: Math.min(from + pieceBytes - (from % pieceBytes), of), of } });
  return parts;
}
