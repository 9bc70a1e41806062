/** Why: a search is shared out to threads, and seen from here as one: its progress, its result, its failure. */
import { Worker } from 'node:worker_threads';
import { fromWire } from '../../admin/wire.ts';
import { CopysetError } from '../../base/errors.ts';
import type { PlannerInputs } from '../../plan/model/inputs.ts';
import { mergeSlices, type Progress, type SliceResult } from '../../plan/search/slice.ts';
import type { SearchMessage, SearchTask } from './search-worker.ts';

/** The same on every machine: what a search finds must not depend on the number of its cores. */
const threads = 2;

export async function searchInThreads(
  inputs: PlannerInputs,
  maxCandidates: number,
  onProgress: (progress: Progress) => void,
): Promise<SliceResult> {
  const slices = Array.from({ length: threads }, (_, index) => new SearchThread({ inputs, maxCandidates, index }));
  const report = () => onProgress(totalOf(slices.map(({ progress }) => progress)));
  try {
    return mergeSlices(inputs, await Promise.all(slices.map((slice) => slice.run(report))));
  } finally {
    await Promise.all(slices.map((slice) => slice.stop()));
  }
}

function totalOf(parts: readonly Progress[]): Progress {
  const sum = (key: keyof Progress) => parts.reduce((total, part) => total + part[key], 0);
  return { done: sum('done'), total: sum('total') };
}

type Slice = { readonly inputs: PlannerInputs; readonly maxCandidates: number; readonly index: number };

class SearchThread {
  progress: Progress;
  readonly #worker: Worker;

  constructor({ inputs, maxCandidates, index }: Slice) {
    const task: SearchTask = { inputs, options: { maxCandidates, slice: { index, of: threads } } };
    this.#worker = new Worker(new URL('./search-worker.ts', import.meta.url), { workerData: task });
    this.progress = { done: 0, total: Math.ceil(maxCandidates / threads) };
  }

  run(report: () => void): Promise<SliceResult> {
    const { promise, resolve, reject } = Promise.withResolvers<SliceResult>();
    this.#worker.on('message', (message: SearchMessage) => {
      if ('result' in message) return resolve(message.result);
      if ('error' in message) return reject(fromWire(message.error));
      this.progress = message.progress;
      report();
    });
    this.#worker.on('error', reject);
    this.#worker.on('exit', () => reject(new CopysetError('bug', 'a thread of the search ended before its work did')));
    return promise;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
