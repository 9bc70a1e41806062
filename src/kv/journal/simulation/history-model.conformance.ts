/**
 * Why: what a store promised is written down here as it promises it, and compared with what it shows after every
 * recovery. Each operation puts one key of its own, so that the entries alone tell the whole history: which commit
 * took which revision.
 */
import { fromUtf8, utf8 } from '../../../base/bytes.ts';
import type { Random } from '../../../base/random.ts';
import type { Commit, Entry, Kv, Revision } from '../../kv.ts';

type Operation = {
  readonly commit: Commit;
  /** Newest revision acknowledged before it began. */
  readonly after: Revision;
  outcome: 'unknown' | 'failed' | Revision;
};

const sharedKeys = 7;

export class HistoryModel {
  readonly #operations: Operation[] = [];
  /** Once seen, a revision is of one operation for ever. */
  readonly #history = new Map<Revision, number>();
  #newestAcknowledged: Revision = 0;

  /** A commit that can be told from all others. */
  begin(
    value: Uint8Array,
    options: { readonly deletes: boolean; readonly impossible: boolean },
  ): Operation & { id: number } {
    const id = this.#operations.length;
    const commit: Commit = {
      expect: options.impossible ? [{ kind: 'value', key: utf8('never'), value }] : [],
      put: [
        { key: operationKey(id), value },
        { key: sharedKey(id), value: utf8(String(id)) },
      ],
      delete: options.deletes ? [sharedKey(id + 3)] : [],
    };
    const operation: Operation = { commit, after: this.#newestAcknowledged, outcome: 'unknown' };
    this.#operations.push(operation);
    return Object.assign(operation, { id });
  }

  acknowledge(id: number, revision: Revision): void {
    const operation = this.#operation(id);
    ensure(
      revision > operation.after,
      `operation ${id} got revision ${revision} after ${operation.after} was acknowledged`,
    );
    operation.outcome = revision;
    this.#newestAcknowledged = Math.max(this.#newestAcknowledged, revision);
    this.#see(revision, id);
  }

  fail(id: number): void {
    this.#operation(id).outcome = 'failed';
  }

  /** Gives what makes it forget the revisions that it sees from now on: for disks that are put back to now. */
  mark(): () => void {
    const known = [...this.#history.keys()];
    return () => {
      for (const revision of this.#history.keys()) if (!known.includes(revision)) this.#history.delete(revision);
    };
  }

  /** Compares everything; `kv` must be idle. */
  async check(kv: Kv): Promise<void> {
    const { revision } = await kv.status();
    const entries = await allEntries(kv);
    const seen = entries.flatMap((entry) => operationOf(entry) ?? []);
    for (const { id, revision: at } of seen) this.#checkSeen(id, at);
    const revisions = seen.map((one) => one.revision).toSorted((left, right) => left - right);
    ensure(revisions.length === revision, `revision ${revision}, but ${revisions.length} operations are there`);
    for (const [at, id] of this.#history) {
      ensure(
        at <= revision && revisions[at - 1] === at,
        `operation ${id} of revision ${at} is lost; the store is at ${revision}`,
      );
    }
    this.#checkShared(entries, revision);
  }

  /** An acknowledged operation is there at once, for every reader. */
  async checkOne(kv: Kv, random: Random): Promise<void> {
    const id = random.integer(this.#operations.length);
    const { outcome } = this.#operation(id);
    if (typeof outcome !== 'number') return;
    const entry = await kv.get(operationKey(id));
    ensure(entry?.revision === outcome, `operation ${id} of revision ${outcome} reads as ${entry?.revision}`);
  }

  #checkSeen(id: number, revision: Revision): void {
    const { outcome } = this.#operation(id);
    ensure(outcome !== 'failed', `operation ${id} was refused, and is there`);
    ensure(
      outcome === 'unknown' || outcome === revision,
      `operation ${id}: acknowledged as ${String(outcome)}, is ${revision}`,
    );
    this.#see(revision, id);
  }

  #see(revision: Revision, id: number): void {
    const known = this.#history.get(revision) ?? id;
    ensure(known === id, `revision ${revision} was of operation ${known}, is of ${id}`);
    this.#history.set(revision, id);
  }

  /** Whole or not at all: the keys that all write are as the history says. */
  #checkShared(entries: readonly Entry[], revision: Revision): void {
    const expected = new Map<string, Revision>();
    for (let at = 1; at <= revision; at++) {
      const { put = [], delete: deletes = [] } = this.#operation(this.#history.get(at) ?? -1).commit;
      for (const { key } of put) expected.set(text(key), at);
      for (const key of deletes) expected.delete(text(key));
    }
    const found = new Map(entries.map((entry) => [text(entry.key), entry.revision]));
    ensure(found.size === expected.size, `${found.size} keys, expected ${expected.size}`);
    for (const [key, at] of expected) ensure(found.get(key) === at, `${key} is of ${found.get(key)}, expected ${at}`);
  }

  #operation(id: number): Operation {
    const operation = this.#operations[id];
    ensure(operation !== undefined, `there was no operation ${id}`);
    return operation;
  }
}

/** For whatever must never be. */
export function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function operationKey(id: number): Uint8Array {
  return utf8(`operation/${String(id).padStart(6, '0')}`);
}

function sharedKey(id: number): Uint8Array {
  return utf8(`shared/${id % sharedKeys}`);
}

function operationOf({ key, revision }: Entry): { id: number; revision: Revision } | undefined {
  const [kind, number] = text(key).split('/');
  return kind === 'operation' ? { id: Number(number), revision } : undefined;
}

async function allEntries(kv: Kv): Promise<readonly Entry[]> {
  return (await kv.range({ from: utf8(''), limit: 100_000 })).entries;
}

function text(bytes: Uint8Array): string {
  return fromUtf8(bytes) ?? '';
}
