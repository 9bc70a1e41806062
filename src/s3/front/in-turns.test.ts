import { expect, test } from 'vitest';
import type { Slab } from '../../object/store.ts';
import { sendInTurns } from './in-turns.ts';

const MiB = 2 ** 20;

/** What was sent before anybody else had a turn. */
async function sentInOneTurn(send: (slab: Slab) => Promise<void> | undefined): Promise<number> {
  const slabs = Array.from({ length: 10 }, () => ({ bytes: new Uint8Array(MiB), release: () => undefined }));
  const { promise, resolve } = Promise.withResolvers<number>();
  let sent = 0;
  const sending = sendInTurns(
    (async function* () {
      yield* slabs;
    })(),
    (slab) => {
      sent += 1;
      return send(slab);
    },
  );
  setImmediate(() => resolve(sent));
  await sending;
  expect(sent).toBe(slabs.length);
  return promise;
}

test('others have their turn between pieces that leave at once', async () => {
  expect(await sentInOneTurn(() => undefined)).toBe(2);
});

test('what is waited for is turn enough', async () => {
  expect(await sentInOneTurn(() => Promise.resolve())).toBe(10);
});

test('nothing more is sent once a piece failed', async () => {
  let calls = 0;
  const failing = sentInOneTurn(() => {
    calls += 1;
    throw new TypeError('gone');
  });
  await expect(failing).rejects.toThrow('gone');
  expect(calls).toBe(1);
});
