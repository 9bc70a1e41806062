import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.ts';
import { exampleFile } from '../example-inputs.ts';
import { readDesign } from '../model/read-design.ts';
import { readInputs } from '../model/read-inputs.ts';
import { simulate } from './system.ts';

const [workload] = exampleFile().workloads as object[];
const inputs = readInputs(
  exampleFile({ workloads: [{ ...workload, reads: '25/s', writes: '10/s' }], store: { cachedBlock: '8MiB' } }),
);
const placement = ['a-1', 'a-2', 'b-1'];
const designs = [
  { id: 'copyset', placement, cache: { bytes: '8GB' } },
  { id: 'raft', mode: 'raft', placement, leader: 'a-1' },
  { id: 'chain', mode: 'chain', placement, readLevel: 'tail' },
  { id: 'multi-primary', mode: 'multi-primary', placement, W: 1, readLevel: 'local' },
  { id: 'quorum', mode: 'quorum', placement, W: 2, R: 2, readLevel: 'quorum' },
  { id: 'paxos', mode: 'paxos', placement, readLevel: 'readindex', leader: 'a-1' },
].map(readDesign);

describe.each(designs.map((design) => [design.id, design] as const))('%s', (_, design) => {
  const evaluated = evaluate(design, inputs);
  const { estimates } = simulate(design, inputs, { horizonSec: 1e9, seed: 2, maxRequests: 10_000, batches: 10 });

  it.each(['writeP50Sec', 'writeP99Sec', 'readP50Sec', 'readP99Sec'] as const)(
    '%s: evaluated and simulated within 4 percent',
    (metric) => {
      const simulated = estimates[metric];
      if (metric === 'readP50Sec' && evaluated.cacheHit > 0.3) return; // on the edge between hits and misses
      expect(evaluated[metric] / (simulated?.value ?? 0)).toBeGreaterThan(0.96);
      expect(evaluated[metric] / (simulated?.value ?? 0)).toBeLessThan(1.04);
    },
  );

  it('unavailability within the 95 % interval, three times as wide', () => {
    for (const metric of ['writeUnavailability', 'readUnavailability'] as const) {
      const { value, ci } = estimates[metric] ?? { value: 0, ci: [0, 0] };
      expect(Math.abs(evaluated[metric] - value)).toBeLessThanOrEqual((3 * (ci[1] - ci[0])) / 2);
    }
  });

  it('messages and bytes of a write exactly', () => {
    expect(estimates.messagesPerWrite?.value).toBeCloseTo(evaluated.messagesPerWrite, 9);
    expect((estimates.bytesPerWrite?.value ?? 0) / evaluated.bytesPerWrite).toBeCloseTo(1, 9);
  });
});

it('gives the same for the same seed, and other numbers for another', () => {
  const [design] = designs as [ReturnType<typeof readDesign>];
  const run = (seed: number) => simulate(design, inputs, { horizonSec: 1e9, seed, maxRequests: 500, batches: 2 });
  expect(run(3)).toEqual(run(3));
  expect(run(3)).not.toEqual(run(4));
});

it('waits for stragglers as the evaluation does', () => {
  const patient = readInputs(
    exampleFile({ workloads: [{ ...workload, reads: 0, writes: '10/s' }], store: { straggler: '30ms' } }),
  );
  const [design] = designs as [ReturnType<typeof readDesign>];
  const { estimates } = simulate(design, patient, { horizonSec: 1e9, seed: 2, maxRequests: 4000, batches: 10 });
  expect((estimates.writeP50Sec?.value ?? 0) / evaluate(design, patient).writeP50Sec).toBeCloseTo(1, 1);
});

it('stops at its horizon', () => {
  const [design] = designs as [ReturnType<typeof readDesign>];
  const { simulatedSec, requests } = simulate(design, inputs, { horizonSec: 5, seed: 1 });
  expect(simulatedSec).toBeLessThanOrEqual(5);
  expect(requests).toBeGreaterThan(100);
  expect(requests).toBeLessThan(350);
});
