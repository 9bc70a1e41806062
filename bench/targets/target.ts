/** Why: what a server is to the bench: how it is started and ended, where it listens, and what its 200 promises. */
import type { Endpoint } from '../load/job.ts';

export type Target = {
  readonly name: string;
  /** Whether what was acknowledged outlives a power cut. */
  readonly durable: string;
  readonly lists: boolean;
  /** `folder` is empty and its own. */
  start(folder: string): Promise<RunningTarget | { readonly missing: string }>;
};

export type RunningTarget = {
  readonly endpoint: Endpoint;
  /** Of the server; its children count as well. Undefined where the load itself does the work. */
  readonly pid: number | undefined;
  /** Puts small objects there without asking the server, where its objects are plain files. */
  readonly plant?: (keys: readonly string[], bytes: number) => Promise<void>;
  stop(): Promise<void>;
};
