/**
 * Why: what to fetch ahead is decided in one place, pure. A stream is a reader that goes through an object version in
 * order: after two reads in order its window opens; each time half of it or less lies ahead, more is asked for and it
 * doubles. A read of the object that belongs to no stream halves the windows of those there are. Bounded in streams and
 * in bytes that were asked for and not read; whoever was silent longest gives way. The first read of a safetensors file
 * asks for its header; the tensors lie behind it without a gap, so readers in file order are streams as all others are.
 */

export type StreamLimits = {
  readonly leastWindowBytes: number;
  readonly mostWindowBytes: number;
  readonly mostStreams: number;
  /** Asked for and not read yet, by all streams together. */
  readonly mostAheadBytes: number;
};

/** Bytes [from, to) of an object version that has `of`. */
export type ObjectRead = {
  readonly object: string;
  readonly from: number;
  readonly to: number;
  readonly of: number;
  readonly isSafetensors: boolean;
  /** It is in memory, and the reader has it already: who reads such bytes only, in whatever order, begins nothing. */
  readonly isAtHand?: boolean;
};

export type AheadEffect =
  | {
      readonly kind: 'fetch';
      readonly stream: number;
      readonly object: string;
      readonly from: number;
      readonly to: number;
    }
  /** Its first eight bytes are to be looked at; `header` is to be told. */
  | { readonly kind: 'read-header'; readonly object: string }
  /** What the stream asked for and has not begun is not wanted any more. */
  | { readonly kind: 'cancel'; readonly stream: number };

type Stream = {
  readonly id: number;
  readonly object: string;
  /** Behind the last byte that was read in order. */
  next: number;
  /** Behind the last byte that was asked for; `next` or more. */
  aheadTo: number;
  /** 0: it has yet to show that it reads in order. */
  windowBytes: number;
  /** Reads up to here tell nothing of what comes: they are of a header. */
  quietTo: number;
};

export class Streams {
  readonly #limits: StreamLimits;
  /** The one that read last is at the end. */
  readonly #streams = new Map<number, Stream>();
  /** Of them, by the object and the next byte; of two at one place the younger one. */
  readonly #byPlace = new Map<string, Stream>();
  /** Of them, those with a window, and those that asked for what was not read yet; in the same order. */
  readonly #open = new Set<Stream>();
  #lastId = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#streams.size;
  }

  get aheadBytes(): number {
    let bytes = 0;
    for (const { aheadTo, next } of this.#open) bytes += aheadTo - next;
    return bytes;
  }

  read(read: ObjectRead): AheadEffect[] {
    const stream = this.#find(read);
    if (stream !== undefined) return this.#goOn(stream, read);
    return read.isAtHand === true ? [] : this.#begin(read);
  }

  /** The data of a safetensors file begin at `dataFrom`. */
  header(object: string, dataFrom: number): AheadEffect[] {
    const isNew = (stream: Stream) => stream.object === object && stream.windowBytes === 0;
    const stream = [...this.#streams.values()].findLast(isNew);
    if (stream === undefined) return [];
    stream.quietTo = dataFrom;
    if (stream.next >= dataFrom && stream.aheadTo === stream.next) {
      this.#place(stream, dataFrom);
      stream.aheadTo = dataFrom;
    }
    return this.#ask(stream, Math.min(dataFrom, stream.next + this.#limits.mostWindowBytes));
  }

  /** The stream whose next byte it reads, else one that jumped over something that it was to be given. */
  #find({ object, from }: ObjectRead): Stream | undefined {
    const next = this.#byPlace.get(placeOf(object, from));
    if (next !== undefined) return next;
    for (const stream of this.#open)
      if (stream.object === object && stream.next < from && from < stream.aheadTo) return stream;
    return undefined;
  }

  #goOn(stream: Stream, { from, to, of, isAtHand = false }: ObjectRead): AheadEffect[] {
    const { leastWindowBytes, mostWindowBytes } = this.#limits;
    this.#place(stream, to);
    stream.aheadTo = Math.max(stream.aheadTo, to);
    this.#touch(stream);
    if (to >= of) {
      this.#forget(stream);
      return [];
    }
    if (to <= stream.quietTo) return [];
    if (stream.windowBytes === 0) {
      if (isAtHand) return [];
      stream.windowBytes = Math.min(Math.max(2 * (to - from), leastWindowBytes), mostWindowBytes);
      this.#open.add(stream);
    }
    return this.#extend(stream, of);
  }

  #extend(stream: Stream, of: number): AheadEffect[] {
    const { mostWindowBytes } = this.#limits;
    const { next, aheadTo, windowBytes } = stream;
    const to = Math.min(next + windowBytes, of);
    if (aheadTo - next > windowBytes / 2 || to <= aheadTo) return [];
    stream.windowBytes = Math.min(2 * windowBytes, mostWindowBytes);
    return this.#ask(stream, to);
  }

  /** Others give way while there is no room, the most silent one first. */
  #ask(stream: Stream, wantedTo: number): AheadEffect[] {
    const effects: AheadEffect[] = [];
    const { mostAheadBytes } = this.#limits;
    for (const other of this.#open) {
      if (this.aheadBytes + wantedTo - stream.aheadTo <= mostAheadBytes) break;
      if (other !== stream && other.aheadTo > other.next) effects.push(...this.#end(other));
    }
    const to = Math.min(wantedTo, stream.aheadTo + mostAheadBytes - this.aheadBytes);
    if (to <= stream.aheadTo) return effects;
    const { id, object, aheadTo: from } = stream;
    stream.aheadTo = to;
    this.#open.add(stream);
    return [...effects, { kind: 'fetch', stream: id, object, from, to }];
  }

  #begin({ object, from, to, of, isSafetensors }: ObjectRead): AheadEffect[] {
    const effects = this.#shrink(object);
    if (to >= of) return effects;
    const stream = { id: ++this.#lastId, object, next: to, aheadTo: to, windowBytes: 0, quietTo: 0 };
    this.#streams.set(stream.id, stream);
    this.#byPlace.set(placeOf(object, to), stream);
    const [silent] = this.#streams.values();
    if (this.#streams.size > this.#limits.mostStreams && silent !== undefined) effects.push(...this.#end(silent));
    if (isSafetensors && from === 0) effects.push({ kind: 'read-header', object });
    return effects;
  }

  #shrink(object: string): AheadEffect[] {
    const effects: AheadEffect[] = [];
    for (const stream of this.#open) {
      if (stream.object !== object || stream.windowBytes === 0) continue;
      stream.windowBytes /= 2;
      if (stream.windowBytes < this.#limits.leastWindowBytes) effects.push(...this.#end(stream));
    }
    return effects;
  }

  #end(stream: Stream): AheadEffect[] {
    this.#forget(stream);
    return stream.aheadTo > stream.next ? [{ kind: 'cancel', stream: stream.id }] : [];
  }

  #place(stream: Stream, next: number): void {
    this.#leavePlace(stream);
    stream.next = next;
    this.#byPlace.set(placeOf(stream.object, next), stream);
  }

  #leavePlace(stream: Stream): void {
    const place = placeOf(stream.object, stream.next);
    if (this.#byPlace.get(place) === stream) this.#byPlace.delete(place);
  }

  #touch(stream: Stream): void {
    this.#streams.delete(stream.id);
    this.#streams.set(stream.id, stream);
    if (!this.#open.delete(stream)) return;
    if (stream.windowBytes > 0 || stream.aheadTo > stream.next) this.#open.add(stream);
  }

  #forget(stream: Stream): void {
    this.#leavePlace(stream);
    this.#streams.delete(stream.id);
    this.#open.delete(stream);
  }
}

function placeOf(object: string, next: number): string {
  return `${next}:${object}`;
}
