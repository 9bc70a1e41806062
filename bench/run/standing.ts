/** Why: who takes part and runs: a server, or work that needs none, with what it turned out to be unable to do. */
import type { RunningServer, RunningTarget, Target } from '../targets/target.ts';
import type { Workload } from './workload.ts';

/** Ours ends the run when it fails; others are left out. */
export type Role = 'ours' | 'limit' | 'peer';

export type Standing = {
  /** Of the contender. */
  readonly name: string;
  readonly role: Role;
  readonly target: Target;
  readonly running: RunningTarget;
  /** Where its files lie. */
  readonly folder: string;
  /** By the name of a workload that it is not asked for again: why. */
  readonly unable: Map<string, string>;
};

export type StandingServer = Standing & { readonly running: RunningServer };

export function isServer(standing: Standing): standing is StandingServer {
  return 'endpoint' in standing.running;
}

export function isAble({ target, unable }: Standing, { kind, name }: Workload): boolean {
  return (kind !== 'list' || target.lists) && !unable.has(name);
}
