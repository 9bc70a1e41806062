import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.ts';
import { exampleFile } from '../example-inputs.ts';
import { readDesign } from '../model/read-design.ts';
import { readInputs } from '../model/read-inputs.ts';
import { documentView, rankingReason } from './document.ts';
import { sweep, sweepVariables } from './sweep.ts';
import { documentTrends } from './trends.ts';

const inputs = readInputs(exampleFile());
const copyset = readDesign({ placement: ['a-1', 'a-2', 'b-1'], cache: { bytes: '40GB' } });
const verdicts = (design: object) => documentTrends(readDesign(design), inputs).map((trend) => trend.verdict);

describe('the founding document', () => {
  it('is shown in its own terms', () => {
    const view = documentView(copyset, inputs);
    expect(view).toMatchObject({ N: 5, M: 3, B: 8 * 2 ** 20, R: 1e-4 });
    expect(view.D).toBeCloseTo((2 * 2 * 0.021 + 2 * 0.0002) / 6, 9);
    expect(view.docObjective).toBeCloseTo(1 - view.meanP, 12);
  });

  it('does not see that a site takes its nodes with it: more of them change nothing', () => {
    const expected = ['no effect', 'no effect', 'agrees', 'no effect', 'no effect'];
    expect(verdicts({ placement: ['a-1', 'a-2', 'b-1'] })).toEqual(expected);
  });

  it('is wrong about nodes where an odd group becomes even, even if sites never fail', () => {
    const safeSites = readInputs(
      exampleFile({ sites: ['a', 'b'].map((id) => ({ id, up: 1 })), racks: [{ id: 'a1', site: 'a', up: 1 }] }),
    );
    const [nodes] = documentTrends(
      readDesign({ placement: ['a-1', 'a-2', 'b-1'], mode: 'quorum', readLevel: 'quorum' }),
      safeSites,
    );
    expect(nodes?.verdict).toBe('disagrees');
  });

  it('is right about D and wrong about replicas with partial quorums', () => {
    const partial = verdicts({ placement: ['a-1', 'a-2'], mode: 'quorum', readLevel: 'quorum', W: 1, R: 1 });
    expect(partial[1]).toBe('disagrees');
    expect(partial[3]).toBe('agrees');
  });

  it('is right about the cache where most reads hit it', () => {
    expect(verdicts({ placement: ['a-1', 'a-2', 'b-1'], B: '1MiB', cache: { bytes: '60GB' } })[4]).toBe('agrees');
  });

  it('does not try what cannot be tried', () => {
    const everywhere = documentTrends(readDesign({ placement: ['a-1', 'a-2', 'a-3', 'b-1', 'b-2'] }), inputs);
    expect(everywhere[0]).toMatchObject({ verdict: 'not tried', before: null });
  });

  it('cannot tell a majority from a single acknowledgement, and the planner says so', () => {
    const safe = evaluate(copyset, inputs);
    const fast = evaluate(
      readDesign({ placement: ['a-1', 'a-2', 'b-1'], mode: 'primary-async', W: 1, readLevel: 'local' }),
      inputs,
    );
    expect(fast.docObjective).toBe(safe.docObjective);
    expect(rankingReason(safe, fast, 'writeUnavailability')).toMatch(/same mean P/);
    expect(rankingReason(safe, safe, 'writeUnavailability')).toBeUndefined();
    expect(rankingReason({ ...safe, docObjective: 0 }, fast, 'docObjective')).toBeUndefined();
  });
});

describe('sweeps', () => {
  it.each(sweepVariables)('%s moves, and the document sees none but the nodes', (variable) => {
    const points = sweep(variable, copyset, inputs);
    expect(points.length).toBeGreaterThan(2);
    const values = points.map((point) => point.value);
    expect(values).toEqual([...values].sort((left, right) => left - right));
    expect(new Set(points.map((point) => point.metrics.docObjective.toPrecision(9))).size).toBe(1);
  });

  it('show what the planner sees', () => {
    const ofM = sweep('M', copyset, inputs).map((point) => point.metrics);
    expect(ofM[2]?.annualLossProbability).toBeLessThan(ofM[0]?.annualLossProbability ?? 0);
    expect(ofM[2]?.storedBytes).toBeCloseTo(3 * (ofM[0]?.storedBytes ?? 0), -6);
    const ofB = sweep('B', copyset, inputs).map((point) => point.metrics.metadataBytes);
    expect(ofB).toEqual([...ofB].sort((left, right) => right - left));
    const ofD = sweep('D', copyset, inputs).map((point) => point.metrics.writeP99Sec);
    expect(ofD).toEqual([...ofD].sort((left, right) => left - right));
  });
});
