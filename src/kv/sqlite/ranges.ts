/**
 * Why: each blob that SQLite hands over becomes memory of its own, which costs more than to find it. So a page of rows
 * comes as one blob, and as text the numbers to cut it by: a fifth of the time for pages of a thousand. The entries of
 * a page share its memory. docs/design/small-reads.md has the figures.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { successor } from '../../base/bytes.ts';
import type { Entry, RangeQuery } from '../kv.ts';

/** Of rows in one blob, which so stays far below what SQLite holds in one value (1 GB). */
const pageRows = 512;

type Direction = 'ASC' | 'DESC';
type Bounds = { readonly from: Uint8Array; readonly to: Uint8Array | undefined };

export class Ranges {
  readonly #up: RangeStatements;
  readonly #down: RangeStatements;

  constructor(database: DatabaseSync) {
    this.#up = new RangeStatements(database, 'ASC');
    this.#down = new RangeStatements(database, 'DESC');
  }

  /** At most `limit` + 1 entries: one more tells that the limit cut it. */
  read({ from, to, limit, reverse = false }: RangeQuery): Entry[] {
    const statements = reverse ? this.#down : this.#up;
    if (limit === 1) return statements.two({ from, to });
    const entries: Entry[] = [];
    for (let bounds: Bounds = { from, to }; ; bounds = behind(entries.at(-1), bounds, reverse)) {
      const rows = Math.min(pageRows, limit + 1 - entries.length);
      const page = statements.page(bounds, rows);
      for (const entry of page) entries.push(entry);
      if (page.length < rows || entries.length > limit) return entries;
    }
  }
}

function behind(last: Entry | undefined, { from, to }: Bounds, reverse: boolean): Bounds {
  assert(last !== undefined, 'a page that is full has a last entry');
  return reverse ? { from, to: last.key } : { from: successor(last.key), to };
}

class RangeStatements {
  readonly #two: Bounded;
  readonly #page: Bounded;

  constructor(database: DatabaseSync, direction: Direction) {
    this.#two = new Bounded(database, (where) => `${selected(where, direction)} LIMIT 2`);
    this.#page = new Bounded(database, (where) => packed(`${selected(where, direction)} LIMIT ?`));
  }

  /** A limit that is bound costs SQLite a new plan each time, so this one is written. */
  two(bounds: Bounds): Entry[] {
    return this.#two.all(bounds).map(([key, value, revision]) => ({ key, value, revision }) as Entry);
  }

  page(bounds: Bounds, rows: number): Entry[] {
    const [bytes, numbers] = this.#page.all(bounds, rows)[0] as [Uint8Array, string] | [null, null];
    return bytes === null ? [] : cut(bytes, JSON.parse(`[${numbers}]`) as number[]);
  }
}

/** One statement for ranges with an upper end, and one for those without. */
class Bounded {
  readonly #closed: StatementSync;
  readonly #open: StatementSync;

  constructor(database: DatabaseSync, sql: (where: string) => string) {
    this.#closed = database.prepare(sql('key >= ? AND key < ?'));
    this.#open = database.prepare(sql('key >= ?'));
    this.#closed.setReturnArrays(true);
    this.#open.setReturnArrays(true);
  }

  all({ from, to }: Bounds, ...rest: readonly number[]): unknown[][] {
    const rows = to === undefined ? this.#open.all(from, ...rest) : this.#closed.all(from, to, ...rest);
    return rows as unknown as unknown[][];
  }
}

function selected(where: string, direction: Direction): string {
  return `SELECT key, value, revision FROM entries WHERE ${where} ORDER BY key ${direction}`;
}

/** Text and blobs are the same bytes to SQLite where the encoding is UTF-8; nothing of them is checked or changed. */
function packed(rows: string): string {
  const numbers = `length(key) || ',' || length(value) || ',' || revision`;
  return `SELECT CAST(group_concat(key || value, '') AS BLOB), group_concat(${numbers}) FROM (${rows})`;
}

/** `numbers`: of each row the bytes of its key, those of its value, and its revision. */
function cut(bytes: Uint8Array, numbers: readonly number[]): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  for (let index = 0; index < numbers.length; index += 3) {
    const valueAt = at + (numbers[index] as number);
    const end = valueAt + (numbers[index + 1] as number);
    const revision = numbers[index + 2] as number;
    entries.push({ key: bytes.subarray(at, valueAt), value: bytes.subarray(valueAt, end), revision });
    at = end;
  }
  assert(at === bytes.byteLength, 'the rows of a page are as long as they say');
  return entries;
}
