/**
 * Why: how often a call goes wrong, by operation and fault. Each is about one or a few a seed: seldom enough that work
 * gets done in between, often enough that every fault meets every step within the seeds of the short run. So what is
 * called seldom fails often.
 */
type Rates = Readonly<Record<string, number>>;

/** Every fault of an operation at the same rate. */
function evenly(rate: number, operations: readonly string[], faults: readonly string[]): Rates {
  return Object.fromEntries(operations.flatMap((operation) => faults.map((fault) => [`${operation}:${fault}`, rate])));
}

const plain: readonly string[] = ['error', 'delay', 'hang'];
const growing: readonly string[] = [...plain, 'full'];
const writing: readonly string[] = [...growing, 'torn'];

export const volumeRates: Rates = {
  ...evenly(0.0002, ['stat'], plain),
  ...evenly(0.001, ['read', 'space'], plain),
  ...evenly(0.003, ['open'], growing),
  ...evenly(0.003, ['write'], writing),
  ...evenly(0.008, ['list', 'lock', 'size', 'syncDirectory'], plain),
  ...evenly(0.06, ['remove'], plain),
  ...evenly(0.015, ['truncate'], growing),
  'read:delay': 0.01,
  'write:delay': 0.02,
  'sync:delay': 0.05,
  'sync:hang': 0.002,
  'sync:error': 0.001,
};

export const journalRates: Rates = {
  ...evenly(0.0004, ['stat'], plain),
  ...evenly(0.002, ['list', 'read', 'remove', 'size'], plain),
  ...evenly(0.002, ['open'], growing),
  ...evenly(0.0006, ['write'], writing),
  ...evenly(0.005, ['rename'], growing),
  ...evenly(0.005, ['lock', 'syncDirectory'], plain),
  ...evenly(0.1, ['space'], plain),
  'write:delay': 0.005,
  'sync:delay': 0.005,
  'sync:hang': 0.0006,
  'sync:error': 0.0006,
};

/** What leaves damage behind without a word; on one device at a time. */
export const damagingRates: Rates = { 'write:flip': 0.05, 'read:flip': 0.05 };

/** Of the catalog as the rooms above see it. */
export const catalogRates: Rates = {
  ...evenly(0.001, ['get', 'range'], plain),
  ...evenly(0.001, ['commit'], growing),
  ...evenly(0.003, ['commit'], ['unknown', 'torn']),
  ...evenly(0.1, ['changes', 'status'], plain),
  'commit:delay': 0.02,
  'get:delay': 0.01,
  'range:delay': 0.01,
};

/** Of the database below the journals. */
export const databaseRates: Rates = {
  ...evenly(0.0006, ['get', 'range'], plain),
  ...evenly(0.001, ['stage'], growing),
  ...evenly(0.001, ['accept'], ['full', 'delay', 'hang']),
  ...evenly(0.01, ['snapshot', 'status'], plain),
  ...evenly(0.06, ['apply'], growing),
  ...evenly(0.1, ['changes'], plain),
  ...evenly(0.15, ['restore'], growing),
};
