import { describe, expect, it } from 'vitest';
import { mean, quantile } from '../distribution.ts';
import { exampleFile } from '../example-inputs.ts';
import { parameters, scaleParameter, spreadOf } from './parameters.ts';
import { provenanceOf } from './provenance.ts';
import { readDesign } from './read-design.ts';
import { parseLimit, printInputs, readInputs } from './read-inputs.ts';

const inputs = readInputs(exampleFile());

describe('readInputs', () => {
  it('takes units, counts, delays by quantiles, and marks where each number is from', () => {
    expect(inputs.nodes.map((node) => node.id)).toEqual(['a-1', 'a-2', 'a-3', 'b-1', 'b-2']);
    const [node] = inputs.nodes;
    expect(node?.capacityBytes).toEqual({ value: 1e12, source: 'assumed' });
    expect(node?.mttrSec).toEqual({ value: 900, source: 'default' });
    expect(quantile(node?.diskWriteSec.value as never, 0.99)).toBeCloseTo(0.005, 9);
    const [link] = inputs.links;
    expect(mean(link?.oneWaySec.value as never)).toBeCloseTo(0.021, 9);
    expect(link?.oneWaySec).toMatchObject({ source: 'measured', n: 5000 });
  });

  it('adds a default link inside every site', () => {
    expect(inputs.links.map((link) => `${link.from}-${link.to}`)).toEqual(['a-b', 'a-a', 'b-b']);
  });

  it('prints what it reads back the same', () => {
    expect(readInputs(JSON.parse(JSON.stringify(printInputs(inputs))))).toEqual(inputs);
  });

  it.each([
    [{ sites: [{ id: 'a', upp: 1 }] }, /inputs\.sites\[0\]: nothing is known about upp/],
    [{ nodes: [{ id: 'n', site: 'nowhere', capacity: '1TB' }] }, /no site nowhere/],
    [{ nodes: [{ id: 'n', site: 'a' }] }, /inputs\.nodes\[0\]\.capacity: is missing/],
    [{ nodes: [{ id: 'n', site: 'a', rack: 'r9', capacity: 1 }] }, /no rack r9/],
    [
      {
        nodes: [
          { id: 'n', site: 'a', capacity: 1 },
          { id: 'n', site: 'a', capacity: 1 },
        ],
      },
      /two nodes have one id/,
    ],
    [{ nodes: [] }, /at least one site, one node/],
    [{ nodes: [{ id: 'n', site: 'a', capacity: '8 ms' }] }, /no quantity in bytes/],
    [{ workloads: [{ reads: 1, writes: 1, objectBytes: 1, objects: 1 }] }, /some site has clients/],
    [{ links: [{ from: 'a', to: 'b', oneWay: { median: '2ms', p99: '1ms' } }] }, /p99 is above the median/],
    [{ links: [{ from: 'a', to: 'b', oneWay: { typo: 1 } }] }, /a delay is/],
    [{ links: [{ from: 'a', to: 'b', oneWay: { value: '1ms', source: 'hearsay' } }] }, /measured, default, assumed/],
    [{ objective: 'happiness' }, /no metric "happiness"/],
    [{ limits: ['cacheHit<=1'] }, /cacheHit is better when it is more/],
    [{ limits: ['fast'] }, /a limit is/],
    [{ extra: 1 }, /nothing is known about extra/],
    [{ sites: [{ id: 'a', up: '150%' }, { id: 'b' }] }, /"150%" is more than the whole/],
    [{ nodes: [{ id: 'n', site: 'a', capacity: '-8TB' }] }, /"-8TB" is below zero/],
    [{ nodes: [{ id: 'n', site: 'a', capacity: 0 }] }, /capacity: must be above zero/],
    [{ nodes: [{ id: 'n', count: 1e9, site: 'a', capacity: '8TB' }] }, /count: 0..10000 nodes/],
    [{ nodes: [{ id: 'n', site: 'a', capacity: '1constructor' }] }, /no quantity in bytes/],
    [{ links: [{ from: 'a', to: 'b', oneWay: { type: 'constructor' } }] }, /no distribution "constructor"/],
  ])('refuses %j', (changed, message) => {
    expect(() => readInputs(exampleFile(changed))).toThrow(message);
  });

  it('reads limits with units', () => {
    expect(parseLimit('readP99Sec<=20ms')).toEqual({ metric: 'readP99Sec', max: 0.02 });
    expect(parseLimit('cacheHit>=80%')).toEqual({ metric: 'cacheHit', max: 0.8 });
  });
});

describe('readDesign', () => {
  const placement = ['a-1', 'a-2', 'b-1'];

  it('is what the store does by default', () => {
    const design = readDesign({ placement });
    expect(design).toMatchObject({ mode: 'copyset', writeQuorum: 2, readLevel: 'local', blockBytes: 8 * 2 ** 20 });
  });

  it.each([
    [{ placement: [] }, /placement is empty/],
    [{ placement: ['a-1', 'a-1'] }, /twice/],
    [{ placement, W: 4 }, /W = 4/],
    [{ placement, W: 1.5 }, /W = 1.5/],
    [{ placement, mode: 'raft', leader: 'b-2' }, /holds no copy/],
    [{ placement, ec: { k: 4, m: 2 } }, /need 6 nodes/],
    [{ placement, mode: 'raft', ec: { k: 2, m: 1 } }, /mode copyset or quorum/],
    [{ placement, mode: 'gossip' }, /none of copyset/],
    [{ placement, typo: 1 }, /nothing is known about typo/],
  ])('refuses %j', (design, message) => {
    expect(() => readDesign(design)).toThrow(message);
  });
});

describe('parameters', () => {
  it('move one field of all rows, and nothing else', () => {
    const mttr = parameters.find((each) => each.id === 'nodes.mttr');
    const up = parameters.find((each) => each.id === 'sites.up');
    const slower = scaleParameter(inputs, mttr as never, 2);
    expect(slower.nodes.map((node) => node.mttrSec.value)).toEqual([1800, 1800, 1800, 1800, 1800]);
    expect(slower.sites).toEqual(inputs.sites);
    expect(scaleParameter(inputs, up as never, 2).sites[0]?.up.value).toBeCloseTo(0.998, 12);
  });

  it('spread by their evidence', () => {
    const spread = (id: string) => spreadOf(inputs, parameters.find((each) => each.id === id) as never);
    expect(spread('nodes.mtbf')).toBe(0.25);
    const sure = readInputs(
      exampleFile({
        bursts: [{ events: { value: '1/y', source: 'measured', ci: ['0.5/y', '2/y'] }, failedShare: 0.01 }],
      }),
    );
    expect(spreadOf(sure, parameters.find((each) => each.id === 'bursts.events') as never)).toBeCloseTo(
      Math.log(4) / 3.29,
      2,
    );
  });
});

it('a result is as good as the weakest input that moves it', () => {
  expect(provenanceOf('docObjective', inputs)).toBe('default');
  expect(provenanceOf('usdPerMonth', inputs)).toBe('assumed');
});
