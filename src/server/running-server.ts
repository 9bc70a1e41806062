/**
 * Why: what a started store is to those who started it (the command line, tests): where it listens, how to get in, how
 * to stop it. start.ts makes one.
 */
import type { AccessKey } from '../access/credentials.ts';
import type { AdminService } from '../admin/contract.ts';
import type { CopysetError } from '../base/errors.ts';
import type { NameHash } from '../base/hash.ts';
import type { FirstVolumes } from '../config/volume-places.ts';

export type ListenAddress = { readonly host: string; readonly port: number };

export type ServerOptions = {
  /** Absolute path of the data directory. */
  readonly directory: string;
  /** Of the S3 door; port 0: any free one. */
  readonly listen: ListenAddress;
  /** Which front the S3 door has. */
  readonly s3Front: 'auto' | 'fast' | 'portable';
  /** How many threads beside the one that owns the store serve the S3 door; 0: that one does; auto: by the cores. */
  readonly threads: number | 'auto';
  readonly verifyReads: 'window' | 'always';
  /** Whether what readers in order will ask for next is fetched before they do. */
  readonly readAhead: 'on' | 'off';
  /** Under these a host names a bucket. */
  readonly hostDomains: readonly string[];
  /** That clients are told. */
  readonly region: string;
  /** Of `status`, beside the Unix socket; port 0: any free one. */
  readonly adminListen: ListenAddress;
  /** Of metrics and health; port 0: any free one. */
  readonly metricsListen: ListenAddress;
  /** Made at the first start; later starts go on with what is there. */
  readonly volumes: FirstVolumes;
  /** Undefined: the one of the data directory, made at the first start. */
  readonly rootKey?: AccessKey | undefined;
  /** M of the store, set at the first start; undefined: 3, or `volumes` if smaller. */
  readonly copies: number | undefined;
  /** Names blocks, set at the first start; undefined: BLAKE3. */
  readonly nameHash: NameHash | undefined;
  readonly blockBytes: number;
  /** Budget for bodies and blocks in memory. */
  readonly memoryBytes: number;
  readonly scrubPeriodMs: number;
  /** A volume that is gone for so long is replaced. */
  readonly lostAfterMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
};

export type RunningServer = {
  /** URL of the S3 door. */
  readonly endpoint: string;
  /** URL of `status`. */
  readonly admin: string;
  /** URL of metrics and health. */
  readonly metrics: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly volumes: readonly { readonly id: string; readonly path: string }[];
  readonly service: AdminService;
  /** Resolves when the store can go on no longer: it refuses everything, and is to be drained and started again. */
  readonly failed: Promise<CopysetError>;
  /** Finishes what was begun, within its own deadlines, then closes everything. Idempotent. */
  drain(): Promise<void>;
};
