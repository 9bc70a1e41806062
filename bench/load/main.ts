/** Why: one job of load as a process: the job in JSON as its argument, the outcome in JSON on stdout. */
import { percentile } from '../statistics.ts';
import { makeFileLoad } from './file-load.ts';
import { makeHttpLoad } from './http-load.ts';
import type { Job, Outcome } from './job.ts';

const job = JSON.parse(process.argv[2] ?? '') as Job;
const { endpoint } = job;
const load = endpoint.kind === 'http' ? await makeHttpLoad(endpoint, job) : await makeFileLoad(endpoint.path, job);
const cpuBefore = process.cpuUsage();
const startedMs = performance.now();
const tookMs = await load.run();
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
await load.end();
const outcome: Outcome = {
  seconds,
  p50Ms: percentile(tookMs, 0.5),
  p99Ms: percentile(tookMs, 0.99),
  cpuSeconds: (user + system) / 1e6,
  peakRssMiB: process.resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(outcome));
