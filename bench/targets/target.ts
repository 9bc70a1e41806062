/**
 * Why: what is measured: a server, how it is started and ended, where it listens, and what its 200 promises; or work
 * that needs no server, as a limit of those that do.
 */
import type { HttpEndpoint } from '../load/endpoint.ts';
import type { PlanOutcome } from '../load/program.ts';
import type { Workload } from '../run/workload.ts';

export type Target = {
  readonly name: string;
  /** Whether what was acknowledged outlives a power cut. */
  readonly durable: string;
  readonly lists: boolean;
  /** `folder` is empty and its own; cells of so many milliseconds will be measured. */
  start(folder: string, cellMs: number): Promise<RunningTarget | { readonly missing: string }>;
};

export type RunningTarget = RunningServer | RunningWork;

export type RunningServer = {
  readonly endpoint: HttpEndpoint;
  /** Its children count as well. */
  readonly pid: number;
  /** Puts small objects there without asking the server, where its objects are plain files. */
  readonly plant?: (keys: readonly string[], bytes: number) => Promise<void>;
  stop(): Promise<void>;
};

/** The same bytes in a process of its own, without names and network. */
export type RunningWork = {
  work(workload: Workload, options: WorkOptions): Promise<WorkOutcome>;
  stop(): Promise<void>;
};

export type WorkOptions = { readonly milliseconds: number; readonly signal: AbortSignal };
export type WorkOutcome = {
  readonly outcome: PlanOutcome;
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
};
