import { expect, test } from 'vitest';
import { actions } from './action.ts';
import { rootCredentials } from './credentials.ts';
import { decide } from './decide.ts';
import { anonymous, rootIdentity } from './identity.ts';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

test('the root identity may do everything, nobody else may do anything', () => {
  for (const action of actions) {
    expect(
      decide(rootIdentity(key.accessKeyId), action, { resource: { bucket: 'b', key: 'k' }, policy: undefined }),
    ).toBe('allow');
    expect(decide(anonymous, action, { resource: { bucket: 'b', key: 'k' }, policy: undefined })).toBe('deny');
  }
});

test('root credentials answer to their own id only', async () => {
  const credentials = rootCredentials(key);
  expect(await credentials.find('AKIDEXAMPLE')).toEqual({ ...key, identity: rootIdentity('AKIDEXAMPLE') });
  expect(await credentials.find('akidexample')).toBeUndefined();
  expect(await credentials.find('')).toBeUndefined();
});
