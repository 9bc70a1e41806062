import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bodyOf } from '../../../test/support/bodies.ts';
import { newFileVolume } from '../../../test/support/file-volumes.ts';
import { startMemorySite } from '../../../test/support/memory-site.ts';
import { libc } from '../../base/libc.ts';
import { seededRandom } from '../../base/random.ts';
import { ReadMemory } from '../../base/read-memory.ts';
import { MetricRegistry } from '../../observe/metrics/registry.ts';
import type { Piece } from '../store.ts';

const MiB = 2 ** 20;

test.runIf(libc !== undefined)(
  'what was fetched ahead of large blocks is lent from the page cache, not held',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'copyset-ahead-'));
    const metrics = new MetricRegistry();
    const memory = new ReadMemory({ maxFreeBytes: 4 * MiB });
    const site = await startMemorySite({
      volumes: 1,
      readMemory: memory,
      readAhead: { metrics },
      openVolume: (id) => newFileVolume(join(root, id), id, memory),
      bucketDefaults: { copies: 1, writeQuorum: 1, blockBytes: 8 * MiB },
    });
    const content = seededRandom(7).bytes(6 * MiB);
    await site.store.createBucket('bucket');
    await site.store.put('bucket', 'key', { body: bodyOf(content, MiB), headers: { metadata: {} } });
    const kinds: string[] = [];
    for (let first = 0; first < content.byteLength; first += MiB / 2) {
      const range = { kind: 'from', first, last: first + MiB / 2 - 1 } as const;
      const pieces: Piece[] = [];
      for await (const piece of (await site.store.get('bucket', 'key', { range })).pieces) pieces.push(piece);
      kinds.push(pieces.map((piece) => ('span' in piece ? 'lent' : 'read')).join());
      for (const piece of pieces) piece.release();
      await site.context.readAhead?.settled();
    }
    // A block that was just read is lent as well, by the same rule: what tells is who read it.
    expect(kinds.slice(2)).toEqual(kinds.slice(2).map(() => 'lent'));
    const used = Number(/^copyset_read_ahead_used_bytes_total (.*)$/m.exec(metrics.print())?.[1]);
    expect(used).toBe(content.byteLength - MiB);
    await site.context.readAhead?.stop();
    await site.members.all()[0]?.volume?.close();
    await rm(root, { recursive: true });
  },
);
