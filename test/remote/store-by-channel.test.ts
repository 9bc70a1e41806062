/** Why: what the store promises holds through the messages as well: its tests, and those of the S3 door over it. */
process.env.COPYSET_TEST_STORE = 'channel';
await import('../../src/object/object-store.test.ts');
await import('../../src/object/uploads.test.ts');
await import('../../src/object/versions.test.ts');

export {};
