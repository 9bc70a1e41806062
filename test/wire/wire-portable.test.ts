/** Why: the other front of the door answers every defect alike; a store takes the choice from its environment. */
process.env.COPYSET_S3_FRONT = 'portable';
await import('./wire.test.ts');

export {};
