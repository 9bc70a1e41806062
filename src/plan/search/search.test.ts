import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.ts';
import { exampleFile } from '../example-inputs.ts';
import { badness, within } from '../model/metrics.ts';
import { readDesign } from '../model/read-design.ts';
import { readInputs } from '../model/read-inputs.ts';
import { dominates } from '../optimise/pareto.ts';
import { commandOf, diffOf } from './diff.ts';
import { comparedMetrics } from './front.ts';
import { recommendFrom, search } from './recommend.ts';
import { mergeSlices, searchSlice } from './slice.ts';
import { coreDesigns, designOf, referenceSizes, sizesOf } from './space.ts';

const inputs = readInputs(exampleFile());
const space = { maxCopies: 3, blockBytes: [2 ** 20, 2 ** 23], cacheShares: [0, 0.1], codes: [{ k: 2, m: 1 }] };
const whole = searchSlice(inputs, { space });

describe('the space', () => {
  it('holds every protocol, every way to place the copies, and codes', () => {
    const cores = coreDesigns(inputs, space);
    const names = cores.map((core) => designOf(inputs, core, referenceSizes).id.split('/').slice(0, 2).join('/'));
    expect(new Set(names.map((name) => name.split('/')[0]))).toEqual(
      new Set(['copyset', 'raft', 'chain', 'primary-sync', 'primary-async', 'multi-primary', 'quorum']),
    );
    expect(names).toEqual(expect.arrayContaining(['copyset/a1', 'copyset/a2+b1', 'copyset/a1+b2', 'raft/a3']));
    expect(cores.some((core) => core.ec !== undefined)).toBe(true);
  });

  it('names no two designs alike', () => {
    const ids = coreDesigns(inputs, space).flatMap((core) =>
      sizesOf(inputs, core, space).map((sizes) => designOf(inputs, core, sizes).id),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a search', { timeout: 60_000 }, () => {
  it('chooses the cheapest design within all limits, and evaluates as anybody would', () => {
    const { best } = whole.chosen;
    expect(inputs.limits.every((limit) => within(best?.metrics as never, limit))).toBe(true);
    expect(best?.metrics).toEqual(evaluate(best?.design as never, inputs));
    const cheaper = whole.front.filter(({ metrics }) => metrics.usdPerMonth < (best?.metrics.usdPerMonth ?? 0));
    expect(cheaper.every(({ metrics }) => inputs.limits.some((limit) => !within(metrics, limit)))).toBe(true);
  });

  it('keeps a front that nobody on it dominates', () => {
    const metrics = comparedMetrics(inputs.objective, inputs.limits);
    const rows = whole.front.map((candidate) => metrics.map((metric) => badness(metric, candidate.metrics[metric])));
    const clearly = (left: number[], right: number[]) =>
      dominates(
        left.map((value) => value * 1.02),
        right,
      );
    expect(rows.some((row) => rows.some((other) => other !== row && clearly(other, row)))).toBe(false);
  });

  it('is the same every time, and in slices', () => {
    expect(searchSlice(inputs, { space })).toEqual(whole);
    const slices = [0, 1].map((index) => searchSlice(inputs, { space, slice: { index, of: 2 } }));
    const merged = mergeSlices(inputs, slices);
    expect(merged.chosen.best?.design.id).toBe(whole.chosen.best?.design.id);
    expect(structuredClone(slices)).toEqual(slices);
  });

  it('keeps to its budget and tells how far it is', () => {
    const seen: number[] = [];
    const { evaluated } = searchSlice(inputs, { space, maxCandidates: 1200 }, ({ done, total }) =>
      seen.push(done / total),
    );
    expect(evaluated).toBeLessThanOrEqual(1200);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((left, right) => left - right));
  });

  it('shows the least violation where nothing is feasible', () => {
    const strict = readInputs(exampleFile({ limits: ['readP99Sec<=1us', 'usdPerMonth<=1'] }));
    const { chosen, nearest } = recommendFrom(strict, searchSlice(strict, { space }));
    expect(chosen).toBeNull();
    expect(nearest).not.toBeNull();
  });

  it('refuses advice over several sites on round trips that nobody measured', () => {
    const guessed = readInputs(exampleFile({ links: [{ from: 'a', to: 'b', oneWay: '20ms' }] }));
    expect(() => search(guessed, { space })).toThrow(/not measured: a-b/);
  });
});

describe('a recommendation', { timeout: 60_000 }, () => {
  const recommendation = recommendFrom(inputs, whole);

  it('says what each limit costs', () => {
    const [workload] = exampleFile().workloads as object[];
    const oneSite = {
      sites: [{ id: 'a' }],
      nodes: [{ id: 'a', count: 4, site: 'a', capacity: '1TB' }],
      links: [],
      workloads: [{ ...workload, clients: [{ site: 'a' }] }],
    };
    const durable = readInputs(exampleFile({ ...oneSite, limits: ['annualLossProbability<=1e-3'] }));
    const { binding, chosen } = recommendFrom(
      durable,
      searchSlice(durable, { space: { ...space, modes: ['copyset'] } }),
    );
    const [limit] = binding;
    expect(chosen).not.toBeNull();
    expect(limit?.slack).toBeGreaterThanOrEqual(0);
    expect(limit?.relaxTo).toBeGreaterThan(1e-3);
    expect(limit?.saves).toBeGreaterThan(0);
  });

  it('says what moves each metric', () => {
    const repair = recommendation.sensitivities.filter((each) => each.metric === 'repairSec');
    expect(repair.map((each) => each.parameter)).toContain('store.detect');
    expect(repair.every((each) => Math.abs(each.elasticity) <= 1.2)).toBe(true);
    const usd = recommendation.sensitivities.find((each) => each.metric === 'storedBytes');
    expect(usd?.elasticity).toBeCloseTo(1, 2);
  });

  it('in robust mode keeps its limits in 95 % of the draws, with intervals around the numbers', () => {
    const robust = recommendFrom(inputs, whole, { robust: { draws: 40, seed: 1 } });
    expect(robust.confidence).toBeGreaterThanOrEqual(0.95);
    const [low, high] = robust.intervals.usdPerMonth ?? [0, 0];
    const value = robust.chosen?.metrics.usdPerMonth ?? 0;
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(recommendFrom(inputs, whole, { robust: { draws: 40, seed: 1 } })).toEqual(robust);
  });

  it('names what it rests on', () => {
    expect(recommendation.assumptions).toContain('usdPerMonth rests on a value that is assumed');
  });
});

describe('a diff', () => {
  const now = readDesign({ id: 'now', placement: ['a-1', 'a-2'], W: 2 });

  it('of a design with itself moves nothing', () => {
    expect(diffOf(now, now, inputs)).toMatchObject({ movedPairs: 0, movedBytes: 0, movingUsd: 0, steps: [] });
  });

  it('adds volumes before it drains others, and counts every copy that moves', () => {
    const elsewhere = readDesign({ id: 'elsewhere', placement: ['b-1', 'b-2'], W: 2 });
    const diff = diffOf(now, elsewhere, inputs);
    expect(diff.movedPairs).toBe(2 * 1024);
    expect(diff.movedBytes).toBeCloseTo(2 * 5000 * 16 * 2 ** 20, -3);
    expect(diff.steps.map((step) => step.kind)).toEqual([
      'add-volume',
      'add-volume',
      'drain-volume',
      'drain-volume',
      'drain-volume',
    ]);
  });

  it('prints commands', () => {
    const wider = readDesign({
      id: 'wider',
      placement: ['a-1', 'a-2', 'b-1'],
      W: 2,
      B: '4MiB',
      cache: { bytes: '1GiB' },
    });
    expect(diffOf(now, wider, inputs).steps.map(commandOf)).toEqual([
      'copyset volume add PATH-OF-b-1 --domain b/b/b-1/b-1/b-1',
      'copyset volume add PATH-OF-b-2 --domain b/b/b-2/b-2/b-2',
      'copyset bucket create NEW-BUCKET --copies 3 --write-quorum 2 --block-bytes 4194304B',
      'copyset cp --recursive s3://BUCKET s3://NEW-BUCKET',
      'copyset dev --memory-bytes 1073741824B',
    ]);
    const faster = readDesign({
      id: 'faster',
      placement: ['a-1', 'a-2', 'b-1'],
      W: 2,
      B: '2MiB',
      cache: { bytes: '1GiB' },
    });
    expect(diffOf(wider, faster, inputs).steps.map(commandOf)).toEqual([
      'copyset bucket set BUCKET --write-quorum 2 --block-bytes 2097152B',
    ]);
  });
});
