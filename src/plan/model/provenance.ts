/** Why: a result may claim no better source than the weakest input that moves it. */
import type { PlannerInputs } from './inputs.ts';
import { type Measured, type Provenance, weakest } from './measured.ts';
import type { MetricId } from './metrics.ts';

type Source = (inputs: PlannerInputs) => readonly Measured<unknown>[];

const nodesUp: Source = ({ nodes }) => nodes.flatMap((node) => [node.mtbfSec, node.mttrSec]);
const domainsUp: Source = ({ sites, racks }) => [...sites, ...racks].map((domain) => domain.up);
const planned: Source = ({ store }) => [store.maintenanceHours, store.catalogUnavailability];
const links: Source = (inputs) => inputs.links.flatMap((link) => [link.oneWaySec, link.bandwidthBps]);
const disks: Source = ({ nodes }) => nodes.flatMap((node) => [node.diskWriteSec, node.diskReadSec, node.diskBps]);
const handling: Source = ({ store }) => [
  store.requestSec,
  store.commitSec,
  store.perBlockSec,
  store.blocksInFlight,
  store.writesInFlight,
];
const hits: Source = ({ workloads, store }) => [...workloads.map((workload) => workload.zipfAlpha), store.cacheHitSec];
const rates: Source = ({ workloads }) => workloads.flatMap((workload) => [workload.readsPerSec, workload.writesPerSec]);
const amounts: Source = ({ workloads }) => workloads.flatMap((workload) => [workload.objects, workload.objectBytes]);
const losses: Source = ({ nodes, sites, bursts, store }) => [
  ...nodes.map((node) => node.lossPerYear),
  ...sites.map((site) => site.lossPerYear),
  ...bursts.flatMap((burst) => [burst.eventsPerYear, burst.failedShare]),
  store.operatorLossPerYear,
  store.bitErrorRate,
];
const repair: Source = ({ store, nodes }) => [
  store.detectSec,
  store.repairShare,
  ...nodes.flatMap((node) => [node.netBps, node.diskReadSec, node.diskWriteSec]),
];
const prices: Source = ({ sites }) =>
  sites.flatMap((site) => [site.egressUsdPerGB, site.storageUsdPerGBMonth, site.cacheUsdPerGBMonth]);
const messages: Source = ({ store }) => [store.headerBytes, store.ackBytes];
const framing: Source = ({ store }) => [
  store.blockOverheadBytes,
  store.checksumShare,
  store.catalogCopies,
  store.commitBytes,
  store.catalogEntryBytes,
];
const elections: Source = ({ store, sites }) => [
  store.failoverSec,
  store.redirectSec,
  ...sites.map((site) => site.failuresPerYear),
];

const sources: Readonly<Record<MetricId, readonly Source[]>> = {
  docObjective: [nodesUp],
  writeUnavailability: [nodesUp, domainsUp, planned, elections],
  readUnavailability: [nodesUp, domainsUp, planned, elections],
  writeP50Sec: [links, disks, handling, amounts, rates],
  writeP99Sec: [links, disks, handling, amounts, rates],
  readP50Sec: [links, disks, handling, hits, amounts, rates],
  readP99Sec: [links, disks, handling, hits, amounts, rates],
  cacheHit: [hits, amounts],
  staleProbability: [links, rates, hits],
  stalenessWindowSec: [links, disks],
  conflictsPerSec: [links, rates, hits],
  rpoSec: [links, disks],
  rtoSec: [elections],
  annualLossProbability: [losses, repair, amounts],
  lostShareExpected: [losses, repair, amounts],
  repairSec: [repair, amounts],
  crossSiteBps: [rates, amounts, hits, messages],
  messagesPerWrite: [amounts],
  bytesPerWrite: [amounts, messages],
  writtenBytesPerWrite: [amounts, framing],
  storedBytes: [amounts, framing],
  metadataBytes: [amounts, framing],
  usdPerMonth: [rates, amounts, hits, prices],
  maxNodeLoad: [rates, amounts, disks, hits],
};

export function provenanceOf(metric: MetricId, inputs: PlannerInputs): Provenance {
  return weakest(sources[metric].flatMap((source) => source(inputs)).map((each) => each.source));
}
