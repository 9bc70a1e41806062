/**
 * Why: what a store may show, told by a model that knows nothing of how it works. Every write has a number of its own,
 * which goes into the object's metadata, so that what is read says which write made it.
 *
 * A key may show any write that began and that no later one has surely replaced. A write is sure once it was
 * acknowledged or seen; it replaces all that had ended before it began. One that failed may have happened all the same,
 * until then.
 */
import { equalBytes, hex } from '../../../src/base/bytes.ts';
import { sha256 } from '../../../src/base/hash.ts';
import { Violation } from './violation.ts';

export type Write = {
  readonly number: number;
  readonly key: string;
  content: Content;
  readonly began: number;
  ended: number;
  isSure: boolean;
  isAcknowledged: boolean;
};

/**
 * What the key holds after a write. A copy holds what its source held at some moment; the first look at it tells which.
 */
export type Content =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'copy'; readonly of: Look };

/** What a read found: nothing, or the number of a write, and the bytes if it read them. */
export type Sight = { readonly number: number; readonly bytes?: Uint8Array } | undefined;

/** A read that has begun: the writes that it may show. */
export type Look = { readonly key: string; readonly began: number; readonly possible: Set<Write> };

export class ObjectModel {
  readonly #writes = new Map<string, Write[]>();
  readonly #looks = new Set<Look>();
  #now = 0;
  #numbers = 0;

  /** Of a write that will begin later. */
  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  begin(key: string, content: Content, number = this.nextNumber()): Write {
    const write = newWrite({ key, content, number, began: this.#tick() });
    this.#writesOf(key).push(write);
    for (const look of this.#looks) if (look.key === key) look.possible.add(write);
    return write;
  }

  acknowledged(write: Write): void {
    this.failed(write);
    write.isSure = true;
    write.isAcknowledged = true;
    this.#forgetReplaced(write.key);
  }

  /** Nobody knows whether it happened. */
  failed(write: Write): void {
    write.ended = this.#tick();
    if (write.content.kind === 'copy') this.#looks.delete(write.content.of);
  }

  /** It surely did not happen. */
  refused(write: Write): void {
    this.failed(write);
    this.#drop(write.key, [write]);
  }

  look(key: string): Look {
    const look = { key, began: this.#tick(), possible: new Set(this.#writesOf(key)) };
    this.#looks.add(look);
    return look;
  }

  /** Throws a Violation when no write may show so. */
  saw(look: Look, sight: Sight): void {
    this.endLook(look);
    if (sight === undefined) this.#sawNothing(look);
    else this.#sawObject(look, sight);
  }

  /** A read that failed says nothing. */
  endLook(look: Look): void {
    this.#looks.delete(look);
  }

  #sawNothing(look: Look): void {
    const absences = [...look.possible].filter(({ content }) => content.kind === 'nothing');
    if (absences.length === 0) {
      throw new Violation(`${look.key} is not there; it may only show ${list(look.possible)}`);
    }
    if (absences.length === 1) this.#see(absences[0] as Write, look);
  }

  #sawObject(look: Look, { number, bytes }: NonNullable<Sight>): void {
    const write = [...look.possible].find((one) => one.number === number);
    if (write === undefined) {
      throw new Violation(`${look.key} shows write ${number}; it may only show ${list(look.possible)}`);
    }
    if (bytes !== undefined) compare(write, bytes);
    this.#see(write, look);
  }

  #see(write: Write, look: Look): void {
    write.isSure = true;
    // Two that were acknowledged before the read began: the one that it did not show came first.
    const before = this.#writesOf(write.key).filter((one) => one.isAcknowledged && one.ended < look.began);
    if (before.includes(write)) {
      this.#drop(
        write.key,
        before.filter((one) => one !== write),
      );
    }
    this.#forgetReplaced(write.key);
  }

  #forgetReplaced(key: string): void {
    const writes = this.#writesOf(key);
    const lastSure = Math.max(...writes.filter(({ isSure }) => isSure).map(({ began }) => began));
    this.#drop(
      key,
      writes.filter(({ ended }) => ended < lastSure),
    );
  }

  #drop(key: string, dropped: readonly Write[]): void {
    this.#writes.set(
      key,
      this.#writesOf(key).filter((write) => !dropped.includes(write)),
    );
  }

  /** A key begins with nothing. */
  #writesOf(key: string): Write[] {
    const nothing = {
      key,
      content: { kind: 'nothing' },
      number: 0,
      began: 0,
      ended: 0,
      isSure: true,
      isAcknowledged: true,
    };
    const known = this.#writes.get(key) ?? [nothing as Write];
    this.#writes.set(key, known);
    return known;
  }

  #tick(): number {
    this.#now += 1;
    return this.#now;
  }
}

function newWrite(start: Pick<Write, 'key' | 'content' | 'number' | 'began'>): Write {
  return { ...start, ended: Number.POSITIVE_INFINITY, isSure: false, isAcknowledged: false };
}

/** What may be read where this write is shown; undefined for nothing. */
export function contentsOf(write: Write, seen: ReadonlySet<Write> = new Set()): (Uint8Array | undefined)[] {
  const { content } = write;
  if (content.kind === 'nothing') return [undefined];
  if (content.kind === 'bytes') return [content.bytes];
  const others = new Set([...seen, write]);
  return [...content.of.possible].filter((one) => !others.has(one)).flatMap((one) => contentsOf(one, others));
}

function compare(write: Write, bytes: Uint8Array): void {
  const candidates = contentsOf(write).filter((candidate) => candidate !== undefined);
  if (!candidates.some((candidate) => equalBytes(candidate, bytes))) {
    const written = candidates.map(fingerprint).join(' or ');
    throw new Violation(`${write.key} shows ${describe(write)} as ${fingerprint(bytes)}; it wrote ${written}`);
  }
  write.content = { kind: 'bytes', bytes };
}

function list(writes: ReadonlySet<Write>): string {
  return [...writes].map(describe).join(', ');
}

function describe({ number, content, isAcknowledged, isSure, ended }: Write): string {
  const outcome = ended === Number.POSITIVE_INFINITY ? 'running' : 'failed';
  return `write ${number} (${content.kind}, ${isAcknowledged ? 'acknowledged' : isSure ? 'seen' : outcome})`;
}

function fingerprint(bytes: Uint8Array): string {
  return `${bytes.byteLength} bytes ${hex(sha256(bytes)).slice(0, 8)}`;
}
