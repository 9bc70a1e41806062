/**
 * Why: the formulas by the names that test vectors and reports use. `copyset plan verify` and elasticities look here.
 */
import { CopysetError } from '../base/errors.ts';
import { betaBinomialMoments, lognormalMle, mtbfEstimate, zipfMle } from './calibrate/fits.ts';
import { evaluateReduced } from './evaluate/reduced.ts';
import { cusum, madAnomaly } from './forecast/anomaly.ts';
import { ewma, holt, holtWinters } from './forecast/smoothing.ts';
import * as availability from './formulas/availability.ts';
import * as cache from './formulas/cache.ts';
import * as loss from './formulas/correlated-loss.ts';
import * as cost from './formulas/cost.ts';
import * as durability from './formulas/durability.ts';
import * as latency from './formulas/latency.ts';
import { commitLatency, readLatency } from './formulas/protocol-latency.ts';
import * as queue from './formulas/queue.ts';
import * as staleness from './formulas/staleness.ts';
import { warsConsistency, warsLatencyQuantile } from './formulas/wars.ts';
import * as hotness from './hotness/hotness.ts';
import { elasticityAt } from './optimise/elasticity.ts';
import { paretoFront, recommend } from './optimise/pareto.ts';
import { quorumLoadLp } from './optimise/quorum/load.ts';
import { quorumSearch } from './optimise/quorum/search.ts';

export type FlatValue = number | string | boolean | null | readonly (number | string)[];
export type FlatResult = Readonly<Record<string, FlatValue>>;

/** One object argument, one flat result. The argument comes from a file: the caller answers for its shape. */
export type Formula = (input: never) => FlatResult;

const closedForms = {
  poissonBinomialTail: availability.poissonBinomialTail,
  quorumAvailability: availability.quorumAvailability,
  domainQuorumAvailability: availability.domainQuorumAvailability,
  betaBinomialAvailability: availability.betaBinomialAvailability,
  failoverAvailability: availability.failoverAvailability,
  activeActiveAvailability: availability.activeActiveAvailability,
  quorumSystemAvailability: availability.quorumSystemAvailability,
  nines: availability.nines,
  docObjective: availability.docObjective,
  mttdl: durability.mttdl,
  mttdlSystemDays: durability.mttdlSystemDays,
  repairTime: durability.repairTime,
  annualDurability: durability.annualDurability,
  windowDurability: durability.windowDurability,
  ureProbability: durability.ureProbability,
  copysetCount: loss.copysetCount,
  correlatedLoss: loss.correlatedLoss,
  tieredLoss: loss.tieredLoss,
  ecAvailability: loss.ecAvailability,
  expOrderStatMean: latency.expOrderStatMean,
  quorumLatencyQuantile: latency.quorumLatencyQuantile,
  commitLatency,
  readLatency,
  transferTime: latency.transferTime,
  optimalBlock: latency.optimalBlock,
  windowThroughput: latency.windowThroughput,
  hedgedRequest: latency.hedgedRequest,
  fanoutTail: latency.fanoutTail,
  cheLru: cache.cheLru,
  randomCache: cache.randomCache,
  lfuHit: cache.lfuHit,
  ttlCache: cache.ttlCache,
  scanCache: cache.scanCache,
  mmc: queue.mmc,
  mg1: queue.mg1,
  allenCunneen: queue.allenCunneen,
  powerOfChoices: queue.powerOfChoices,
  pbsKStaleness: staleness.pbsKStaleness,
  staleReadProbability: staleness.staleReadProbability,
  lagUnderBurst: staleness.lagUnderBurst,
  writeConflicts: staleness.writeConflicts,
  blockConsistency: staleness.blockConsistency,
  rpoRto: staleness.rpoRto,
  warsConsistency,
  warsLatencyQuantile,
  commCost: cost.commCost,
  metadataCost: cost.metadataCost,
  money: cost.money,
  quorumLoadLp,
  quorumSearch,
  paretoFront,
  recommend,
  evaluate: evaluateReduced,
  zipfMle,
  lognormalMle,
  mtbfEstimate,
  betaBinomialMoments,
  ewma,
  holt,
  holtWinters,
  madAnomaly,
  cusum,
  hotCounter: hotness.hotCounter,
  hotReplicas: hotness.hotReplicas,
  replicaAllocation: hotness.replicaAllocation,
  prefetchDecision: hotness.prefetchDecision,
  checkpointInterval: hotness.checkpointInterval,
} as const satisfies Record<string, Formula>;

/** d ln out / d ln vary of a named formula at the given input. */
export function elasticity(input: {
  readonly fn: string;
  readonly vary: string;
  readonly base: Readonly<Record<string, unknown>>;
  readonly out: string;
  readonly step?: number;
}) {
  const formula = formulaNamed(input.fn);
  const outAt = (x: number) => Number(formula({ ...input.base, [input.vary]: x } as never)[input.out]);
  return { value: elasticityAt(outAt, Number(input.base[input.vary]), input.step) };
}

export const formulas: Readonly<Record<string, Formula>> = { ...closedForms, elasticity };

export function formulaNamed(name: string): Formula {
  const formula = Object.hasOwn(formulas, name) ? formulas[name] : undefined;
  if (formula === undefined) throw new CopysetError('request.invalid', `there is no formula ${JSON.stringify(name)}`);
  return formula;
}
