/**
 * Why: a search is cut into slices that know nothing of each other, so that workers can share it; what a slice takes
 * and gives is plain data. First the cores (protocol, placement, quorums) at one size, then the sizes of those worth
 * it.
 */
import { Evaluator, SharedWork } from '../evaluate/evaluate.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import { sumOf } from '../numeric/lists.ts';
import { type Chosen, choose, compareBy, isFeasible, isOverloaded } from './feasible.ts';
import { type Candidate, comparedMetrics, Front } from './front.ts';
import { type Core, coreDesigns, designOf, referenceSizes, type Sizes, type SpaceOptions, sizesOf } from './space.ts';

export type SearchOptions = {
  readonly space?: SpaceOptions;
  /** Designs evaluated at most, over all slices. */
  readonly maxCandidates?: number;
  /** This slice of how many. */
  readonly slice?: { readonly index: number; readonly of: number };
};

export type Progress = { readonly done: number; readonly total: number };

export type SliceResult = {
  readonly evaluated: number;
  readonly front: readonly Candidate[];
  readonly chosen: Chosen;
};

const defaultCandidates = 100_000;
const progressEvery = 500;

export function searchSlice(
  inputs: PlannerInputs,
  options: SearchOptions = {},
  onProgress?: (progress: Progress) => void,
): SliceResult {
  const { index, of } = options.slice ?? { index: 0, of: 1 };
  const budget = Math.ceil((options.maxCandidates ?? defaultCandidates) / of);
  const run = new SliceRun(inputs, budget, onProgress);
  const cores = coreDesigns(inputs, options.space).filter((_, each) => each % of === index);
  return run.finish(run.worthwhile(cores), options.space);
}

class SliceRun {
  readonly #inputs: PlannerInputs;
  readonly #evaluator: Evaluator;
  readonly #front: Front;
  readonly #budget: number;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  #chosen: Chosen = { best: undefined, nearest: undefined };
  #evaluated = 0;
  /** As far as is known: at most the budget. */
  #expected: number;

  constructor(inputs: PlannerInputs, budget: number, onProgress: ((progress: Progress) => void) | undefined) {
    this.#inputs = inputs;
    this.#budget = budget;
    this.#expected = budget;
    this.#onProgress = onProgress;
    this.#evaluator = new Evaluator(inputs, new SharedWork());
    this.#front = new Front(comparedMetrics(inputs.objective, inputs.limits));
  }

  /** Cores that no other beats at the reference sizes, the most promising first. */
  worthwhile(cores: readonly Core[]): Core[] {
    const { objective, limits } = this.#inputs;
    const front = new Front(comparedMetrics(objective, limits));
    const coreOf = new Map<string, Core>();
    for (const core of cores.slice(0, this.#budget)) {
      const candidate = this.#evaluate(core, referenceSizes);
      coreOf.set(candidate.design.id, core);
      front.offer(candidate);
    }
    const rank = (candidate: Candidate) => (isFeasible(candidate, limits) ? 0 : 1);
    const compare = compareBy(objective);
    return front
      .candidates()
      .sort((left, right) => rank(left) - rank(right) || compare(left, right))
      .map((candidate) => coreOf.get(candidate.design.id) as Core);
  }

  finish(cores: readonly Core[], space: SpaceOptions = {}): SliceResult {
    const sized = sumOf(cores, (core) => sizesOf(this.#inputs, core, space).length);
    this.#expected = Math.min(this.#budget, this.#evaluated + sized);
    for (const core of cores) {
      for (const sizes of sizesOf(this.#inputs, core, space)) {
        if (this.#evaluated >= this.#budget) break;
        const candidate = this.#evaluate(core, sizes);
        if (!isOverloaded(candidate)) this.#front.offer(candidate);
      }
    }
    this.#report();
    return { evaluated: this.#evaluated, front: this.#front.candidates(), chosen: this.#chosen };
  }

  #evaluate(core: Core, sizes: Sizes): Candidate {
    const design = designOf(this.#inputs, core, sizes);
    const candidate = { design, metrics: this.#evaluator.evaluate(design) };
    this.#chosen = choose(this.#chosen, candidate, this.#inputs);
    this.#evaluated += 1;
    if (this.#evaluated % progressEvery === 0) this.#report();
    return candidate;
  }

  #report(): void {
    this.#onProgress?.({ done: this.#evaluated, total: this.#expected });
  }
}

/** One result of several slices of one search. */
export function mergeSlices(inputs: PlannerInputs, slices: readonly SliceResult[]): SliceResult {
  const front = new Front(comparedMetrics(inputs.objective, inputs.limits));
  for (const slice of slices) for (const candidate of slice.front) front.offer(candidate);
  const winners = slices.flatMap(({ chosen }) => [chosen.best, chosen.nearest].filter((each) => each !== undefined));
  const chosen = winners.reduce<Chosen>((best, each) => choose(best, each, inputs), {
    best: undefined,
    nearest: undefined,
  });
  return { evaluated: slices.reduce((sum, slice) => sum + slice.evaluated, 0), front: front.candidates(), chosen };
}
