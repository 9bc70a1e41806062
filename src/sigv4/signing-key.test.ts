import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex } from '../base/bytes.ts';
import { deriveSigningKey, SigningKey, SigningKeyCache } from './signing-key.ts';

const days = ['20130524', '20130525'];
const regions = ['us-east-1', 'us-east-2'];
const secrets = ['secret', 'changed'];
const all = secrets.flatMap((secret) =>
  days.flatMap((date) => regions.map((region) => ({ secret, scope: { date, region } }))),
);

test('each secret, day and region finds its own key, whichever was asked for before', () => {
  const cache = new SigningKeyCache(6); // fewer than there are
  for (const one of [...all, ...all.toReversed(), ...all]) {
    for (const each of [one, ...all, one]) {
      const found = cache.find(each.secret, each.scope);
      const signature = hex(deriveSigningKey(each.secret, each.scope).sign('text'));
      expect(hex(found.sign('text'))).toBe(signature);
      cache.keep(each.secret, each.scope, found);
    }
    expect(cache.find(one.secret, one.scope)).toBe(cache.find(one.secret, one.scope));
  }
  expect(cache.size).toBeLessThanOrEqual(6);
});

test('what was not kept is made anew', () => {
  const cache = new SigningKeyCache(6);
  const [{ secret, scope }] = all as [(typeof all)[number]];
  expect(cache.find(secret, scope)).not.toBe(cache.find(secret, scope));
  expect(cache.size).toBe(0);
});

test('texts of any length and characters are signed as an HMAC does it', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 2000 })), { maxLength: 5 });
  fc.assert(
    fc.property(key, texts, (bytes, all) => {
      const signing = new SigningKey(bytes);
      for (const text of [...all, ...all.toReversed()])
        expect(hex(signing.sign(text))).toBe(createHmac('sha256', bytes).update(text).digest('hex'));
    }),
  );
});
