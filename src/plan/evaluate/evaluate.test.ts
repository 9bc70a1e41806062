import { describe, expect, it } from 'vitest';
import { distinctCopysets } from '../../layout/layout-measures.ts';
import { planLayout } from '../../layout/plan-layout.ts';
import { exampleFile } from '../example-inputs.ts';
import { readDesign } from '../model/read-design.ts';
import { readInputs } from '../model/read-inputs.ts';
import { Evaluator, evaluate } from './evaluate.ts';
import { evaluateReduced } from './reduced.ts';
import { layoutVolumes, Scene } from './scene.ts';

const inputs = readInputs(exampleFile());
const base = { placement: ['a-1', 'a-2', 'b-1'], leader: 'a-1' };
const run = (design: object, changed: object = {}) =>
  evaluate(readDesign({ ...base, ...design }), readInputs(exampleFile({ ...changed })));

/** Everything constant, one block per object, no queues, no planned work: what the reduced form can express. */
const constantFile = exampleFile({
  racks: [],
  nodes: ['a-1', 'a-2', 'b-1'].map((id) => {
    const site = id.slice(0, 1);
    return {
      id,
      site,
      capacity: '1TB',
      mtbf: 999,
      mttr: 1,
      diskWrite: '1ms',
      diskRead: '0.2ms',
      diskBandwidth: '1PB/s',
      network: '1PB/s',
    };
  }),
  links: [
    { from: 'a', to: 'b', oneWay: { value: '20ms', source: 'measured' } },
    { from: 'a', to: 'a', oneWay: '0.2ms' },
    { from: 'b', to: 'b', oneWay: '0.2ms' },
  ],
  store: { request: 0, commit: 0, maintenance: 0, failover: '1ns', redirect: '1ns', catalogDown: 0 },
  workloads: [{ reads: 1, writes: 1, objectBytes: '8MiB', objects: 1000, clients: [{ site: 'a' }] }],
});

describe('evaluate', () => {
  it.each([
    ['raft', 'lease'],
    ['raft', 'readindex'],
    ['primary-sync', 'local'],
    ['primary-async', 'local'],
    ['chain', 'tail'],
    ['quorum', 'quorum'],
    ['multi-primary', 'local'],
    ['paxos', 'lease'],
  ] as const)('agrees with the reduced form where that can express the case: %s, %s', (mode, readLevel) => {
    const design = readDesign({ ...base, mode, readLevel, relay: true, cache: { bytes: '800MiB', policy: 'lru' } });
    const full = evaluate(design, readInputs(constantFile));
    const rttSec = [
      [0.0004, 0.04],
      [0.04, 0.0004],
    ];
    const reduced = evaluateReduced({
      config: {
        mode,
        readLevel,
        leader: 0,
        nodes: [0, 0, 1].map((site) => ({ site, up: 0.999 })),
        writeQuorum: design.writeQuorum,
        readQuorum: design.readQuorum,
        blockBytes: design.blockBytes,
        cacheObjects: 100,
        relay: true,
      },
      inputs: {
        sites: [
          { name: 'a', up: 0.999 },
          { name: 'b', up: 0.999 },
        ],
        rttSec,
        diskWriteSec: 0.001,
        diskReadSec: 0.0002,
        clients: [{ site: 0, weight: 1 }],
        workload: { readsPerSec: 1, writesPerSec: 1, objectBytes: 8 * 2 ** 20, objects: 1000, zipfAlpha: 0.9 },
        cacheLatencySec: 0.0001,
        bandwidthBps: 1.25e9,
        perBlockSec: 0.0002,
        headerBytes: 200,
        ackBytes: 100,
        egressUsdPerGB: 0.02,
        storageUsdPerGBMonth: 0.023,
      },
    });
    expect(full.writeUnavailability / reduced.writeUnavailability).toBeCloseTo(1, 5);
    expect(full.readUnavailability / reduced.readUnavailability).toBeCloseTo(1, 5);
    expect(full.writeP50Sec).toBeCloseTo(reduced.writeLatencySec, 6);
    expect(full.cacheHit).toBeCloseTo(reduced.cacheHitRatio, 6);
    expect(full.crossSiteBps / Math.max(1, reduced.crossSiteBytesPerSec)).toBeCloseTo(
      reduced.crossSiteBytesPerSec > 0 ? 1 : 0,
      6,
    );
    expect(full.docObjective).toBeCloseTo(reduced.docObjective, 9);
  });

  it('caps the nines by what operators and software lose', () => {
    const careful = readInputs(
      exampleFile({
        bursts: [],
        store: { operatorLoss: 1e-4 },
        sites: [
          { id: 'a', loss: 0 },
          { id: 'b', loss: 0 },
        ],
      }),
    );
    const all = evaluate(readDesign({ placement: ['a-1', 'a-2', 'a-3', 'b-1', 'b-2'] }), careful);
    expect(all.annualLossProbability).toBeGreaterThanOrEqual(1e-4 * (1 - 1e-9));
    expect(all.annualLossProbability).toBeLessThan(1.01e-4);
  });

  it('takes copysets and scatter width from the layout itself', () => {
    const scene = new Scene(inputs);
    const design = readDesign({ placement: ['a-1', 'b-1'], scatterWidth: 2 });
    const volumes = layoutVolumes(inputs.nodes);
    const { layout } = planLayout({ classId: 2, copies: 2, volumes, scatterWidth: 2, epoch: 1 });
    expect(scene.layoutFigures(design).copysets).toBe(distinctCopysets(layout));
  });

  it('never answers in time when a node is overloaded', () => {
    const busy = run({}, { workloads: [{ ...(exampleFile().workloads as object[])[0], reads: '4000/s' }] });
    expect(busy.maxNodeLoad).toBeGreaterThan(1);
    expect(busy.readP99Sec).toBe(Number.POSITIVE_INFINITY);
  });

  it('says who may read the past', () => {
    expect(run({ mode: 'copyset' })).toMatchObject({ staleProbability: 0, stalenessWindowSec: 0 });
    expect(run({ mode: 'raft' }).staleProbability).toBe(0);
    expect(run({ mode: 'primary-async', W: 1, readLevel: 'local' }).staleProbability).toBeGreaterThan(0);
    expect(run({ mode: 'quorum', readLevel: 'quorum', W: 2, R: 2 }).staleProbability).toBe(0);
    expect(run({ mode: 'quorum', readLevel: 'quorum', W: 1, R: 1 }).staleProbability).toBeGreaterThan(0);
    expect(run({ mode: 'multi-primary', W: 1, readLevel: 'local' }).conflictsPerSec).toBeGreaterThan(0);
    expect(run({ mode: 'primary-async', W: 1, readLevel: 'local' }).rpoSec).toBeGreaterThan(0);
  });

  it('weighs fragments against copies', () => {
    const copies = run({ placement: ['a-1', 'a-2', 'b-1'], W: 2, leader: undefined });
    const coded = run({ placement: ['a-1', 'a-2', 'b-1'], W: 3, ec: { k: 2, m: 1 }, leader: undefined });
    expect(coded.storedBytes / copies.storedBytes).toBeCloseTo(0.5, 2);
    expect(coded.annualLossProbability).toBeGreaterThan(copies.annualLossProbability);
    expect(coded.readUnavailability).toBeGreaterThan(copies.readUnavailability);
  });

  it.each([
    ['epoch-scan', 'sieve', 0],
    ['epoch-scan', 'pinned', 0.2],
    ['checkpoint', 'lru', 0],
    ['broadcast', 'lru', 7 / 8],
  ])('knows that %s is not Zipf (%s)', (accessClass, policy, expected) => {
    const [workload] = exampleFile().workloads as object[];
    const bytes = 1000 * 16 * 2 ** 20;
    const { cacheHit } = run(
      { B: '1MiB', cache: { bytes, policy } },
      { workloads: [{ ...workload, class: accessClass }] },
    );
    expect(cacheHit).toBeCloseTo(expected, 9);
  });

  it('knows that large blocks pass the cache by', () => {
    const cached = (B: string) => run({ B, cache: { bytes: '8GB' } }).cacheHit;
    expect(cached('1MiB')).toBeGreaterThan(0.1);
    expect(cached('2MiB')).toBe(0);
  });

  it('writes the blocks of an object one after another, as the store does', () => {
    const write = (store: object) => run({ B: '1MiB' }, { store }).writeP50Sec;
    expect(write({})).toBeGreaterThan(2 * write({ writesInFlight: 8 }));
  });

  it('rebuilds a node as fast as its blocks can be read and written, so many at once', () => {
    const repairSec = (store: object) => run({ B: '1MiB' }, { store: { repairShare: '100%', ...store } }).repairSec;
    const [slow, fast] = [repairSec({ repairConcurrency: 1 }), repairSec({ repairConcurrency: 4 })] as const;
    const bare = repairSec({ repairConcurrency: 1e9 });
    expect((slow - bare) / (fast - bare)).toBeCloseTo(4, 1);
  });

  it('hedges slow reads, and waits for stragglers where the store does', () => {
    expect(run({ hedgeDelay: '1ms' }).readP99Sec).toBeLessThan(run({}).readP99Sec);
    const patient = run({ placement: ['a-1', 'a-2', 'a-3'], leader: undefined }, { store: { straggler: '5ms' } });
    const plain = run({ placement: ['a-1', 'a-2', 'a-3'], leader: undefined });
    expect(patient.writeP50Sec).toBeGreaterThan(plain.writeP50Sec);
  });

  it('does not depend on what was evaluated before', () => {
    const evaluator = new Evaluator(inputs);
    const designs = ['copyset', 'raft', 'chain'].map((mode) => readDesign({ ...base, mode }));
    const first = designs.map((design) => evaluator.evaluate(design));
    const alone = designs.map((design) => evaluate(design, inputs));
    expect(
      [...designs]
        .reverse()
        .map((design) => evaluator.evaluate(design))
        .reverse(),
    ).toEqual(first);
    expect(alone).toEqual(first);
  });
});
