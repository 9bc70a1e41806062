import { expect, it } from 'vitest';
import vectors from './vectors.json' with { type: 'json' };
import { verifyVectors } from './verify.ts';

it('all published vectors pass, those that draw a million times as well', () => {
  expect(verifyVectors(vectors)).toEqual({ passed: 134, failed: [] });
});
