import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

test.each([
  ['encryption', 'ServerSideEncryptionConfigurationNotFoundError'],
  ['lifecycle', 'NoSuchLifecycleConfiguration'],
  ['object-lock', 'ObjectLockConfigurationNotFoundError'],
  ['replication', 'ReplicationConfigurationNotFoundError'],
  ['website', 'NoSuchWebsiteConfiguration'],
  ['publicAccessBlock', 'NoSuchPublicAccessBlockConfiguration'],
  ['ownershipControls', 'OwnershipControlsNotFoundError'],
])('there is no %s, which is told by an error, and none can be put', async (query, code) => {
  const got = await door.get(`/bucket?${query}`);
  expect([got.status, errorCode(got)]).toEqual([404, code]);
  expect(errorCode(await door.put(`/bucket?${query}`, '<x/>'))).toBe('NotImplemented');
  expect(errorCode(await door.get(`/nowhere?${query}`))).toBe('NoSuchBucket');
});

test.each([
  ['logging', '<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></BucketLoggingStatus>'],
  ['notification', '<NotificationConfiguration xmlns='],
  ['accelerate', '<AccelerateConfiguration xmlns='],
  ['requestPayment', '<Payer>BucketOwner</Payer></RequestPaymentConfiguration>'],
])('there is no %s, which is told by a document, and none can be put', async (query, document) => {
  const got = await door.get(`/bucket?${query}`);
  expect(got).toMatchObject({ status: 200, text: expect.stringContaining(document) });
  expect(errorCode(await door.put(`/bucket?${query}`, '<x/>'))).toBe('NotImplemented');
  expect(errorCode(await door.get(`/nowhere?${query}`))).toBe('NoSuchBucket');
});
