/** Share of the long run: 100 of its 5,000 sequences, the same ones first. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Made, MadeValues } from './answer.ts';
import { checkSequences, report } from './check-sequences.ts';
import { sequences } from './operations.ts';
import { runSequence } from './run-sequence.ts';

const file = 'test/s3-model/s3-model.test.ts';

test('100 random sequences of S3 operations are answered as the model of S3 has it', async () => {
  await checkSequences(100, file);
}, 300_000);

const dress = { colour: undefined, type: undefined, tags: undefined };

test('parts copied from an object in parts with checksums are as the model has them', async () => {
  const parts = ([1, 2] as const).map(
    (number) => ({ kind: 'putPart', upload: 0, number, content: 'part', checksum: 'right' }) as const,
  );
  const completed = { kind: 'complete', upload: 0, choice: 'all', condition: {} } as const;
  const copied = { kind: 'copyPart', upload: 0, number: 1, range: undefined, source: {} } as const;
  await runSequence(
    [
      { kind: 'createBucket', bucket: 'alpha' },
      { kind: 'createUpload', bucket: 'alpha', key: 'a', dress, hasChecksum: true },
      ...parts,
      completed,
      { kind: 'createUpload', bucket: 'alpha', key: 'a/', dress, hasChecksum: true },
      { ...copied, from: { bucket: 'alpha', key: 'a', version: undefined } },
      { kind: 'listParts', upload: 0, limit: 2 },
      completed,
    ],
    new Map(),
  );
});

test('a sequence that fails is shrunk, told step by step, and told how to replay', async () => {
  const property = fc.asyncProperty(sequences, async (sequence) => sequence.every(({ kind }) => kind !== 'abort'));
  const text = report(await fc.check(property, { numRuns: 200, seed: 3 }), file);
  expect(text).toMatch(/^ {2}\d\. abort \{"upload":0\}$/m);
  expect(text).toMatch(/^replay it with: COPYSET_SEED=3 COPYSET_PATH=[\d:]+ npx vitest run test\/s3-model/m);
});

test('an answer that differs ends the sequence with the step and the difference', async () => {
  const unknown = { kind: 'putVersioning', bucket: 'alpha', status: 'Off' } as unknown as Parameters<
    typeof runSequence
  >[0][0];
  const sequence = [{ kind: 'createBucket', bucket: 'alpha' } as const, unknown];
  await expect(runSequence(sequence, new Map())).rejects.toThrow(
    /step 2: putVersioning alpha.*\n.*\/status: expected 200, got 400/,
  );
});

test('what the server makes must be new where it is new, and the same where it is the same', () => {
  const made = new MadeValues();
  const [one, other] = [new Made('one', /^\d$/), new Made('other', /^\d$/)];
  expect(made.difference({ id: one }, { id: 'x' })).toContain('/id: expected one');
  expect(made.difference({ id: one }, { id: '1' })).toBeUndefined();
  expect(made.difference({ id: one }, { id: '2' })).toBe('/id: expected one (1), got "2"');
  expect(made.difference({ id: other }, { id: '1' })).toContain('/id: expected other');
  expect(made.difference({ ids: [1] }, { ids: [1, 2] })).toBe('/ids/1: expected nothing, got 2');
});
