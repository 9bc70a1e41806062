/**
 * Why: a slice of a search keeps a core busy for long, so it has a thread of its own; messages are all that it shares.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toWire, type WireError } from '../../admin/wire.ts';
import type { PlannerInputs } from '../../plan/model/inputs.ts';
import { type Progress, type SearchOptions, type SliceResult, searchSlice } from '../../plan/search/slice.ts';

export type SearchTask = { readonly inputs: PlannerInputs; readonly options: SearchOptions };

export type SearchMessage =
  | { readonly progress: Progress }
  | { readonly result: SliceResult }
  | { readonly error: WireError };

const say = (message: SearchMessage) => parentPort?.postMessage(message);

const { inputs, options } = workerData as SearchTask;
try {
  say({ result: searchSlice(inputs, options, (progress) => say({ progress })) });
} catch (error) {
  say({ error: toWire(error) });
}
