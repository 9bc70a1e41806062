/** Why: the load is made by a process of its own, so that its work does not count as the server's; so it is told. */
import type { Workload } from '../workloads.ts';

export type Job = {
  readonly workload: Workload;
  readonly endpoint: Endpoint;
  /** Bodies of different rounds differ, so that nothing is there already. */
  readonly round: number;
};

export type Endpoint =
  | HttpEndpoint
  /** No server: the same writes and reads in one file. */
  | { readonly kind: 'file'; readonly path: string };

export type HttpEndpoint = {
  readonly kind: 'http';
  readonly host: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

export type Outcome = {
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the process that made the load. */
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
};

export type Load = {
  /** Resolves with the milliseconds that each request took. */
  readonly run: () => Promise<readonly number[]>;
  readonly end: () => Promise<void>;
};

export const bucket = 'bench';
