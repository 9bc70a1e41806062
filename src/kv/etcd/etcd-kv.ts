/**
 * Why: a site that outgrows one machine keeps its catalog in etcd: a commit is a transaction, reads are linearizable,
 * revisions are etcd's own (they grow, with gaps), changes are told by watches. A reverse range is sorted by etcd,
 * which reads all of it.
 *
 * The incarnation is the cluster's id. A cluster restored from a backup must be given a new `--initial-cluster-token`,
 * else it has the same id and lost revisions go unnoticed.
 */
import { abortedError, anySignal, type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import {
  type Change,
  type Commit,
  type CommitResult,
  commonLimits,
  type Entry,
  type Kv,
  type KvStatus,
  type RangeQuery,
  type RangeResult,
  type Revision,
} from '../kv.ts';
import { checkChanges, checkCommit, checkKey, checkRange, checkTrim } from '../limits.ts';
import { refuseTrimmed } from '../log-rules.ts';
import { EtcdClient, type EtcdTls } from './client.ts';
import { commitError } from './errors.ts';
import type { KeyValue } from './generated/kv_pb.js';
import { RangeRequest_SortOrder, RangeRequest_SortTarget } from './generated/rpc_pb.js';
import { collectChanges, refuseCancelled } from './history.ts';
import { KeySpace } from './key-space.ts';
import { firstFailed, revisionOf, transactionOf, unchangedSince } from './transaction.ts';

export type EtcdKvOptions = {
  /** `host:port` of the members. */
  readonly endpoints: readonly string[];
  /** All keys of the store begin with it; nobody else writes there. */
  readonly prefix: Uint8Array;
  /**
   * Whether `trim` compacts the cluster's history, for all its users. If not, it only refuses what is older. Default:
   * true.
   */
  readonly ownsCluster?: boolean;
  readonly tls?: EtcdTls;
  readonly callTimeoutMs?: number;
  readonly clock?: Clock;
};

/** What the store knows about itself: its first and newest revision (0: no commit yet), and to where it was trimmed. */
type Marks = {
  readonly first: Revision;
  readonly newest: Revision;
  readonly trimmedTo: Revision;
  readonly cluster: bigint;
};

const defaultCallTimeoutMs = 5_000;

/** Rejects with `kv.unreachable` or `timeout` when no member answers. */
export async function openEtcdKv(options: EtcdKvOptions): Promise<EtcdKv> {
  const kv = new EtcdKv(options);
  try {
    await firstAnswer(kv, options.endpoints.length);
    return kv;
  } catch (error) {
    await kv.close();
    throw error;
  }
}

/** Each failure moves the client to its next endpoint. */
async function firstAnswer(kv: EtcdKv, attempts: number): Promise<KvStatus> {
  try {
    return await kv.status();
  } catch (error) {
    if (attempts <= 1 || !isCopysetError(error, 'kv.unreachable', 'timeout')) throw error;
    return firstAnswer(kv, attempts - 1);
  }
}

export class EtcdKv implements Kv {
  readonly limits = commonLimits;
  readonly #client: EtcdClient;
  readonly #space: KeySpace;
  readonly #ownsCluster: boolean;
  readonly #admitted = new Set<Promise<unknown>>();
  readonly #ended = new AbortController();
  #closing: Promise<void> | undefined;

  constructor({ endpoints, prefix, tls, ownsCluster = true, ...timing }: EtcdKvOptions) {
    const { callTimeoutMs = defaultCallTimeoutMs, clock = systemClock } = timing;
    this.#client = new EtcdClient({ endpoints, tls, callTimeoutMs, clock });
    this.#space = new KeySpace(prefix);
    this.#ownsCluster = ownsCluster;
  }

  get(key: Uint8Array, options: CallOptions = {}): Promise<Entry | undefined> {
    return this.#admit(options, async () => {
      checkKey(key, this.limits);
      const { kvs } = await this.#client.range({ key: this.#space.inside(key) }, options);
      return kvs.map((kv) => this.#entry(kv))[0];
    });
  }

  range(query: RangeQuery, options: CallOptions = {}): Promise<RangeResult> {
    return this.#admit(options, async () => {
      checkRange(query);
      const { from, to, limit, reverse } = query;
      const found = await this.#client.range(
        {
          key: this.#space.inside(from),
          rangeEnd: to === undefined ? this.#space.end : this.#space.inside(to),
          limit: BigInt(limit),
          sortTarget: RangeRequest_SortTarget.KEY,
          sortOrder: reverse ? RangeRequest_SortOrder.DESCEND : RangeRequest_SortOrder.NONE,
        },
        options,
      );
      return { entries: found.kvs.map((kv) => this.#entry(kv)), revision: revisionOf(found), more: found.more };
    });
  }

  commit(commit: Commit, options: CallOptions = {}): Promise<CommitResult> {
    return this.#admit(options, async () => {
      checkCommit(commit, this.limits);
      const answer = await this.#client.txn(transactionOf(commit, this.#space), options).catch((error: unknown) => {
        throw commitError(error);
      });
      if (answer.succeeded) return { committed: true, revision: revisionOf(answer) };
      return { committed: false, failed: firstFailed(commit, answer) };
    });
  }

  changes(after: Revision, limit: number, options: CallOptions = {}): Promise<readonly Change[]> {
    return this.#admit(options, async () => {
      checkChanges(after, limit);
      const marks = await this.#marks(options);
      refuseTrimmed(after, marks);
      if (after >= marks.newest) return [];
      const start = Math.max(after, marks.first - 1); // what the cluster did before is not ours
      const changes = await this.#collect(start, { upTo: marks.newest, limit }, options);
      await this.#refuseCompacted(start, options);
      return changes;
    });
  }

  changed(after: Revision, options: CallOptions = {}): Promise<void> {
    return this.#admit(options, async () => {
      const signal = anySignal(options.signal, this.#ended.signal);
      const request = { key: this.#space.head, startRevision: BigInt(after + 1) };
      for await (const response of this.#client.watch(request, { signal })) {
        if (response.compactRevision > 0n || response.events.length > 0) return;
        refuseCancelled(response);
      }
    });
  }

  trim(upTo: Revision, options: CallOptions = {}): Promise<void> {
    return this.#admit(options, async () => {
      const { newest, trimmedTo } = await this.#marks(options);
      checkTrim(upTo, newest);
      if (upTo <= trimmedTo) return;
      await this.#raiseTrimmedTo(upTo, options);
      if (this.#ownsCluster) await this.#compact(upTo, options);
    });
  }

  status(options: CallOptions = {}): Promise<KvStatus> {
    return this.#admit(options, async () => {
      const { first, newest, trimmedTo, cluster } = await this.#marks(options);
      const compacted = newest === 0 ? 0 : await this.#compactedTo(Math.max(first - 1, trimmedTo), options);
      return { revision: newest, trimmedTo: Math.max(trimmedTo, compacted), incarnation: cluster.toString(16) };
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    this.#ended.abort(new CopysetError('closed', 'the store was closed'));
    await Promise.allSettled(this.#admitted);
    this.#client.close();
  }

  async #admit<T>({ signal }: CallOptions, work: () => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    if (this.#ended.signal.aborted) throw abortedError(this.#ended.signal);
    const call = work();
    this.#admitted.add(call);
    try {
      return await call;
    } finally {
      this.#admitted.delete(call);
    }
  }

  async #marks(options: CallOptions): Promise<Marks> {
    const ranges = [this.#space.head, this.#space.trimmed].map((key) => ({
      request: { case: 'requestRange' as const, value: { key } },
    }));
    const { responses, header } = await this.#client.txn({ success: ranges }, options);
    const [head, trimmed] = responses.map(({ response }) =>
      response.case === 'responseRange' ? response.value.kvs[0] : undefined,
    );
    return {
      first: Number(head?.createRevision ?? 0n),
      newest: Number(head?.modRevision ?? 0n),
      trimmedTo: trimmedToOf(trimmed),
      cluster: header?.clusterId ?? 0n,
    };
  }

  async #collect(after: Revision, until: { upTo: Revision; limit: number }, options: CallOptions): Promise<Change[]> {
    const { head, end } = this.#space;
    const request = { key: head, rangeEnd: end, startRevision: BigInt(after + 1), fragment: true };
    return collectChanges(this.#client.history(request, options), this.#space, until);
  }

  /**
   * A watch from the very revision of a compaction is not refused, although the deletes of that revision are gone. A
   * read at the revision before is. It comes after the watch, so that no compaction slips in between.
   */
  async #refuseCompacted(after: Revision, options: CallOptions): Promise<void> {
    await this.#client.range({ key: this.#space.head, revision: BigInt(Math.max(after, 1)), countOnly: true }, options);
  }

  /** 0 when changes after `floor` are all there, else the revision that the cluster was compacted to. */
  async #compactedTo(floor: Revision, options: CallOptions): Promise<Revision> {
    try {
      await this.#refuseCompacted(floor, options);
      return 0;
    } catch (error) {
      if (!isCopysetError(error, 'kv.compacted')) throw error;
    }
    for await (const response of this.#client.history({ key: this.#space.head, startRevision: 1n }, options)) {
      if (response.compactRevision > 0n) return Number(response.compactRevision);
      refuseCancelled(response);
    }
    return 0;
  }

  async #raiseTrimmedTo(upTo: Revision, options: CallOptions): Promise<void> {
    const key = this.#space.trimmed;
    const { kvs } = await this.#client.range({ key }, options);
    if (trimmedToOf(kvs[0]) >= upTo) return;
    const { succeeded } = await this.#client.txn(
      {
        compare: [unchangedSince(key, kvs[0]?.modRevision ?? 0n)],
        success: [{ request: { case: 'requestPut', value: { key, value: utf8(String(upTo)) } } }],
      },
      options,
    );
    if (!succeeded) await this.#raiseTrimmedTo(upTo, options);
  }

  async #compact(upTo: Revision, options: CallOptions): Promise<void> {
    try {
      await this.#client.compact({ revision: BigInt(upTo) }, options);
    } catch (error) {
      if (!isCopysetError(error, 'kv.compacted')) throw error; // somebody compacted further
    }
  }

  #entry({ key, value, modRevision }: KeyValue): Entry {
    return { key: this.#space.outside(key) ?? key, value, revision: Number(modRevision) };
  }
}

function trimmedToOf(kv: KeyValue | undefined): Revision {
  return kv === undefined ? 0 : Number(fromUtf8(kv.value));
}
