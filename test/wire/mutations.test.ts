/**
 * Why: the attacks by name are those that somebody thought of; these are the others. A signed request whose bytes are
 * changed anywhere is refused, or it means what it meant; it never does anything else, and never is our fault.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { goodPayloads } from './defects/payload-defects.ts';
import { type Draft, withBody } from './draft.ts';
import { bytesOf, type Defect, type Signer } from './wire.ts';
import { WireStore } from './wire-store.ts';

type Mutation = {
  /** In ten thousandths of the request. */
  readonly at: number;
  readonly kind: 'change' | 'insert' | 'delete' | 'repeat';
  readonly bytes: Uint8Array;
};

const telling = '\r\n :;,=&%+/?#\0\t0aZ"<'.split('').map((character) => Uint8Array.of(character.charCodeAt(0)));
const fewBytes = fc.oneof(fc.constantFrom(...telling), fc.uint8Array({ minLength: 1, maxLength: 3 }));

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.noBias(fc.integer({ min: 0, max: 9_999 })),
  kind: fc.constantFrom('change', 'insert', 'delete', 'repeat'),
  bytes: fewBytes,
});

function mutate(original: Buffer, { at, kind, bytes }: Mutation): Buffer {
  const from = Math.floor((at / 10_000) * original.byteLength);
  const to = Math.min(from + bytes.byteLength, original.byteLength);
  const [before, touched, after] = [original.subarray(0, from), original.subarray(from, to), original.subarray(to)];
  switch (kind) {
    case 'change':
      return Buffer.concat([before, bytes, after]);
    case 'insert':
      return Buffer.concat([before, bytes, touched, after]);
    case 'delete':
      return Buffer.concat([before, after]);
    case 'repeat':
      return Buffer.concat([before, touched, touched, after]);
  }
}

const content = Buffer.from('the bytes of key');
const md5 = createHash('md5').update(content).digest('base64');
/** The hash is among what is signed, so that also a body that is not signed itself cannot be another one. */
const promised = { method: 'PUT', target: '/wire/key?x-id=Put', headers: [['content-md5', md5] as const] };
const put: Draft = withBody({ ...promised, body: content, payload: '' }, content);
const modes: readonly Defect['wire'][] = Object.values({
  ...goodPayloads,
  hashed: (draft: Draft, signer: Signer) => signer.signed(draft),
});

test('a request with changed bytes is refused or means what it meant', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'copyset-mutations-'));
  try {
    await using store = await WireStore.start(join(folder, 'store'));
    const before = await store.contents();
    const property = fc.asyncProperty(
      fc.constantFrom(...modes),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      async (wire, mutations) => {
        const raw = mutations.reduce(mutate, bytesOf(wire(put, store.signer)));
        const status = await store.statusOf(raw);
        expect(status === undefined || status < 500 || status === 501).toBe(true);
        expect(await store.contents()).toEqual(before);
      },
    );
    await fc.assert(property, { numRuns: 400, endOnFailure: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
