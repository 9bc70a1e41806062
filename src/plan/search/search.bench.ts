/**
 * Why: a search of 100,000 designs should take less than a minute on two cores. How many does one core evaluate, and
 * what share of that minute is it? `node src/plan/search/search.bench.ts [designs]`.
 */
import process from 'node:process';
import { exampleFile } from '../example-inputs.ts';
import { readInputs } from '../model/read-inputs.ts';
import { range } from '../numeric/lists.ts';
import { searchSlice } from './slice.ts';

const designs = Number(process.argv[2] ?? 100_000);
const budgetSec = 2 * 60;

/** Four sites of four nodes, and more sizes than usual: the number asked for ends the search. */
function wideFile(): Record<string, unknown> {
  const ids = range(4).map((index) => `s${index}`);
  const pairs = ids.flatMap((from, index) => ids.slice(index + 1).map((to) => ({ from, to })));
  return exampleFile({
    sites: ids.map((id) => ({ id })),
    racks: [],
    nodes: ids.map((site) => ({ id: site, count: 4, site, capacity: '1TB', diskWrite: { median: '1ms', p99: '5ms' } })),
    links: pairs.map((pair, index) => ({ ...pair, oneWay: { value: `${10 + index}ms`, source: 'measured' } })),
    workloads: [
      { reads: '40/s', writes: '2/s', objectBytes: '16MiB', objects: 5000, clients: ids.map((site) => ({ site })) },
    ],
  });
}

const space = { hedgeDelaysSec: [0.001, 0.002, 0.005, 0.01], cacheShares: range(12).map((index) => index / 20) };

const before = process.cpuUsage();
const { evaluated, front } = searchSlice(readInputs(wideFile()), { maxCandidates: designs, space });
const { user, system } = process.cpuUsage(before);
const cpuSec = (user + system) / 1e6;
const share = (cpuSec * (100_000 / evaluated)) / budgetSec;
process.stdout.write(
  `${evaluated} designs in ${cpuSec.toFixed(1)} s of one core, ${front.length} that no other beats: ` +
    `100,000 would take ${(100 * share).toFixed(0)} % of a minute on two cores\n`,
);
