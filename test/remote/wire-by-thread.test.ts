/**
 * Why: threads with a door answer every defect as the owner of the store does; a store takes them from its environment.
 */
process.env.COPYSET_THREADS = '2';
await import('../wire/wire.test.ts');

export {};
