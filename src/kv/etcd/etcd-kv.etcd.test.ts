import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningEtcd, startEtcd, whyNoEtcd } from '../../../tools/engines/etcd.ts';
import { utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import type { ErrorCode } from '../../base/errors.ts';
import { kvConformance } from '../kv.conformance.ts';
import type { CommitResult, Kv, Revision } from '../kv.ts';
import { EtcdClient } from './client.ts';
import { type EtcdKvOptions, openEtcdKv } from './etcd-kv.ts';

const missing = whyNoEtcd();
if (missing !== undefined) test.skip(`etcd: skipped: ${missing}`);

describe.skipIf(missing !== undefined)('etcd', () => {
  let etcd: RunningEtcd;
  let stores = 0;
  const prefixes = new Map<Kv, Uint8Array>();
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  async function open(options: Partial<EtcdKvOptions> = {}): Promise<Kv> {
    const prefix = options.prefix ?? utf8(`store ${++stores}/`);
    const kv = await openEtcdKv({ endpoints: [etcd.endpoint], prefix, ...options });
    prefixes.set(kv, prefix);
    return kv;
  }

  const again = (closed: Kv) => open({ prefix: prefixes.get(closed) as Uint8Array });

  kvConformance('etcd, a cluster of its own', () => open(), { dense: false, runs: 10, reopen: again });
  kvConformance('etcd, shared', () => open({ ownsCluster: false }), { dense: false, runs: 10, reopen: again });

  test('two stores in one cluster do not see each other', async () => {
    const [left, right] = [await open({ prefix: utf8('a/') }), await open({ prefix: utf8('ab/') })];
    await left.commit({ put: [put('x', '1')] });
    await right.commit({ put: [put('x', '2')] });
    expect((await left.range({ from: utf8(''), limit: 10 })).entries).toHaveLength(1);
    expect(await right.changes(0, 10)).toHaveLength(1);
    expect((await left.status()).revision).toBeLessThan((await right.status()).revision);
    await Promise.all([left.close(), right.close()]);
  });

  test('a trim compacts a cluster of its own, for all its users, and never a shared one', async () => {
    const [owner, guest] = [await open(), await open({ ownsCluster: false })];
    await guest.commit({ put: [put('a', '1')] });
    const second = await guest.commit({ delete: [utf8('a')] });
    const third = await guest.commit({ put: [put('b', '1')] });
    await owner.commit({ put: [put('x', '1')] });
    await guest.trim(revisionOf(third));
    expect(await owner.changes(0, 10)).toHaveLength(1);
    await refused(guest.changes(revisionOf(second), 1), 'kv.compacted');
    await owner.trim(revisionOf(await owner.commit({ put: [put('x', '2')] })));
    await refused(owner.changes(0, 10), 'kv.compacted');
    expect(await guest.changes(revisionOf(third), 10)).toEqual([]);
    await Promise.all([owner.close(), guest.close()]);
  });

  test('a compaction by somebody else is noticed, that of the very next revision too', async () => {
    const [store, other] = [await open(), await open()];
    const first = revisionOf(await store.commit({ put: [put('a', '1')] }));
    const gone = revisionOf(await store.commit({ delete: [utf8('a')] }));
    await store.commit({ put: [put('b', '1')] });
    const later = revisionOf(await other.commit({ put: [put('c', '1')] }));
    await compactTo(gone, etcd.endpoint);
    await refused(store.changes(first, 10), 'kv.compacted');
    expect(await store.changes(gone, 10)).toHaveLength(1);
    expect((await store.status()).trimmedTo).toBe(gone);
    await compactTo(later, etcd.endpoint);
    expect((await store.status()).trimmedTo).toBe(later);
    await Promise.all([store.close(), other.close()]);
  });

  test('more changes than one message holds come whole', async () => {
    const kv = await open();
    const value = new Uint8Array(400_000).fill(1);
    for (let at = 0; at < 12; at++) {
      await kv.commit({ put: ['a', 'b', 'c'].map((key) => ({ key: utf8(key), value })) });
    }
    const changes = await kv.changes(0, 10);
    expect(changes.map(({ puts }) => puts.length)).toEqual(Array.from({ length: 10 }, () => 3));
    const rest = await kv.changes(changes.at(-1)?.revision ?? 0, 10);
    expect(rest.map(({ puts }) => puts.length)).toEqual([3, 3]);
    await kv.close();
  });

  test('a member that hangs: reads time out, a commit is of unknown outcome, and both go on after it', async () => {
    const kv = await open({ callTimeoutMs: 300 });
    await kv.commit({ put: [put('a', '1')] });
    etcd.signal('SIGSTOP');
    await systemClock.sleep(500); // on a busy machine its threads run on for a while
    await refused(kv.get(utf8('a')), 'timeout');
    await refused(kv.commit({ put: [put('a', '2')] }), 'kv.unknown_outcome');
    await refused(kv.changes(0, 1), 'timeout');
    etcd.signal('SIGCONT');
    await eventually(() => kv.commit({ put: [put('b', '3')] }));
    expect(await kv.get(utf8('b'))).toMatchObject({ value: utf8('3') });
    await kv.close();
  });

  test('an endpoint where nobody answers is left for the next', async () => {
    const kv = await open({ endpoints: ['127.0.0.1:1', etcd.endpoint] });
    expect(await kv.commit({ put: [put('a', '1')] })).toMatchObject({ committed: true });
    await kv.close();
    await refused(open({ endpoints: ['127.0.0.1:1'] }), 'kv.unreachable');
    await refused(open({ endpoints: [] }), 'request.invalid');
    await refused(open({ prefix: utf8('') }), 'request.invalid');
  });

  test('a restart of etcd loses nothing, and waits for changes end', async () => {
    const kv = await open();
    const { incarnation } = await kv.status();
    const before = revisionOf(await kv.commit({ put: [put('a', '1')] }));
    const waiting = refused(kv.changed(before), 'kv.unreachable');
    await etcd.restart();
    await waiting;
    await eventually(() => kv.status());
    expect(await kv.status()).toEqual({ revision: before, trimmedTo: 0, incarnation });
    expect(await kv.get(utf8('a'))).toMatchObject({ revision: before });
    await kv.close();
  });
});

const put = (key: string, value: string) => ({ key: utf8(key), value: utf8(value) });

function revisionOf(result: CommitResult): Revision {
  return result.committed ? result.revision : expect.fail(`expectation ${result.failed} does not hold`);
}

async function compactTo(revision: Revision, endpoint: string): Promise<void> {
  const client = new EtcdClient({ endpoints: [endpoint], clock: systemClock, callTimeoutMs: 5_000 });
  await client.compact({ revision: BigInt(revision) });
  client.close();
}

/** Repeats until it succeeds, as a caller of an engine that comes back does. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return await work();
    } catch {
      await systemClock.sleep(100);
    }
  }
  return work();
}

async function refused(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: 'CopysetError', code });
}
