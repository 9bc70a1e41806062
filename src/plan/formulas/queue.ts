/** Why: a node near its limit answers late. Waiting times by queueing theory (Kleinrock, Queueing Systems 1, 1975). */
import { range, sumOf } from '../numeric/lists.ts';

export type MmcInput = { readonly lambdaPerSec: number; readonly muPerSec: number; readonly servers: number };

/** P(an arrival waits) in M/M/c: Erlang C from the Erlang B recursion. */
function erlangC(servers: number, offered: number): number {
  const blocked = range(servers).reduce((b, index) => (offered * b) / (index + 1 + offered * b), 1);
  return blocked / (1 - (offered / servers) * (1 - blocked));
}

/** Poisson arrivals, exponential service, c servers. Infinite waits at utilisation 1 and above. */
export function mmc(input: MmcInput & { readonly q?: number }) {
  const { lambdaPerSec, muPerSec, servers } = input;
  const utilisation = lambdaPerSec / (servers * muPerSec);
  if (utilisation >= 1) return overloaded(utilisation);
  const probWait = erlangC(servers, lambdaPerSec / muPerSec);
  const spare = servers * muPerSec - lambdaPerSec;
  const meanWaitSec = probWait / spare;
  const waitQuantileSec = Math.max(0, Math.log(probWait / (1 - (input.q ?? 0.99))) / spare);
  return { utilisation, probWait, meanWaitSec, meanResponseSec: meanWaitSec + 1 / muPerSec, waitQuantileSec };
}

function overloaded(utilisation: number) {
  const never = Number.POSITIVE_INFINITY;
  return { utilisation, probWait: 1, meanWaitSec: never, meanResponseSec: never, waitQuantileSec: never };
}

/** Poisson arrivals, any service with squared coefficient of variation `scv`, one server (Pollaczek and Khinchine). */
export function mg1(input: { readonly lambdaPerSec: number; readonly meanServiceSec: number; readonly scv: number }) {
  const utilisation = input.lambdaPerSec * input.meanServiceSec;
  const meanWaitSec =
    utilisation < 1
      ? (((utilisation / (1 - utilisation)) * (1 + input.scv)) / 2) * input.meanServiceSec
      : Number.POSITIVE_INFINITY;
  return { utilisation, meanWaitSec, meanResponseSec: meanWaitSec + input.meanServiceSec };
}

/** G/G/c: the M/M/c wait times (ca2 + cs2) / 2 (Allen and Cunneen). */
export function allenCunneen(input: {
  readonly lambdaPerSec: number;
  readonly meanServiceSec: number;
  readonly servers: number;
  readonly ca2: number;
  readonly cs2: number;
}) {
  const { lambdaPerSec, servers } = input;
  const { meanWaitSec } = mmc({ lambdaPerSec, muPerSec: 1 / input.meanServiceSec, servers });
  return { meanWaitSec: (meanWaitSec * (input.ca2 + input.cs2)) / 2 };
}

const maxChoiceTerms = 10_000;
const negligible = 1e-18;

/** Mean response in service times when each request joins the shortest of d random queues (Mitzenmacher, TPDS 2001). */
export function powerOfChoices({ rho, d }: { readonly rho: number; readonly d: number }) {
  if (d === 1) return { meanResponseServiceUnits: 1 / (1 - rho) };
  const term = (index: number) => rho ** ((d ** (index + 1) - d) / (d - 1));
  let terms = 1;
  while (terms < maxChoiceTerms && term(terms) > negligible) terms++;
  return { meanResponseServiceUnits: sumOf(range(terms), (index) => term(index)) };
}
