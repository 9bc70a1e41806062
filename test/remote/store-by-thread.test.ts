/** Why: what the store promises holds through another thread and back as well. */
process.env.COPYSET_TEST_STORE = 'thread';
await import('../../src/object/object-store.test.ts');
await import('../../src/object/uploads.test.ts');
await import('../../src/object/versions.test.ts');

export {};
