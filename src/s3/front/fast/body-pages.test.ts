/** Why: a body that comes off the socket into its pages is written without a copy; this shows that it lies so. */
import { describe, expect, test, vi } from 'vitest';
import { startTestDoor } from '../../../../test/support/s3-door.ts';
import { totalBytes } from '../../../base/bytes.ts';
import { libc, pageBytes } from '../../../base/libc.ts';
import { blockLeadBytes, placeInPage } from '../../../base/page-memory.ts';
import { seededRandom } from '../../../base/random.ts';

describe.runIf(libc !== undefined)('a large body', () => {
  test('lies in its pages as a volume will write it, block by block', async () => {
    await using door = await startTestDoor({ front: 'fast' });
    const seal = vi.spyOn(door.site.context.blocks, 'seal');
    const body = seededRandom(1).bytes(20 * 2 ** 20);
    expect((await door.put('/bucket/large', body, [])).status).toBe(200);
    const blocks = seal.mock.calls.map(([pieces]) => pieces).filter((pieces) => totalBytes(pieces) >= 2 ** 20);
    expect(blocks.length).toBeGreaterThan(1);
    for (const pieces of blocks) {
      let [at, fitting] = [0, 0];
      for (const piece of pieces) {
        if (placeInPage(piece) === (blockLeadBytes + at) % pageBytes) fitting += piece.byteLength;
        at += piece.byteLength;
      }
      expect(fitting / at).toBeGreaterThan(0.9);
    }
  });
});
