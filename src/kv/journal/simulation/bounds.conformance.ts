/** Why: what the simulated store is allowed, and how often its catalog fails: the scale of the simulation. */
/** Small, so that every bound is met within a few commits. */
export const limits = {
  maxQueuedCommits: 64,
  maxBacklogBytes: 6000,
  lookTimeoutMs: 400,
  syncTimeoutMs: 400,
  copyTimeoutMs: 8000,
  rotateBytes: 1500,
  snapshotBytes: 5000,
  reserveBytes: 600,
  fullPutBytes: 400,
  tendMs: 150,
  retryMs: 50,
};

/** How often a call of the catalog below fails, and how. */
export const catalogRates = {
  'stage:full': 0.01,
  'stage:error': 0.01,
  'accept:full': 0.02,
  'accept:delay': 0.1,
  'apply:error': 0.02,
  'apply:full': 0.02,
  'snapshot:error': 0.05,
  'restore:error': 0.02,
};
