/**
 * Why: log, metrics and health of a process are there before the store is, and after it: they tell of its start too.
 */
import type { Writable } from 'node:stream';
import type { AdminService } from '../../admin/contract.ts';
import type { Clock } from '../../base/clock.ts';
import { createLog, type Log, type LogLevel } from '../../observe/log.ts';
import { MetricRegistry } from '../../observe/metrics/registry.ts';
import type { RequestRecord } from '../../s3/request-log.ts';
import { requestMetrics } from '../metrics/request-metrics.ts';
import { statusMetrics } from '../metrics/status-metrics.ts';
import { boundedWriter } from './bounded-writer.ts';
import { StoreReadiness } from './readiness.ts';
import { auditRefusal, logRequest } from './request-log.ts';
import { serveObservability } from './serve-observability.ts';

export type WatchOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly logTo: Writable;
  readonly clock: Clock;
};

export type Watch = {
  readonly url: string;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly readiness: StoreReadiness;
  /** Counts, logs and audits what the S3 door answered. */
  record(request: RequestRecord): void;
  /** Scrapes show what this service says of the store. */
  show(service: AdminService): void;
  close(): Promise<void>;
};

/** Of lines that nobody read yet. */
const maxLogBytes = 2 ** 20;

export async function startWatch({ listen, logLevel, logTo, clock }: WatchOptions): Promise<Watch> {
  const metrics = new MetricRegistry();
  const dropped = metrics.counter('copyset_log_lines_dropped_total', 'Lines that no one read fast enough.');
  dropped.add(0);
  const write = boundedWriter(logTo, { maxBytes: maxLogBytes, dropped });
  const log = createLog({ level: logLevel, clock, write });
  const readiness = new StoreReadiness();
  metrics.observed('copyset_ready', '1 while clients can be served; /readyz says why not.', () => [
    { value: readiness.reasons().length === 0 ? 1 : 0 },
  ]);
  const count = requestMetrics(metrics);
  const status = statusMetrics(metrics, clock);
  let shown: AdminService | undefined;
  const scrape = async () => {
    if (shown !== undefined) await status.refresh(shown);
    return metrics.print();
  };
  const server = await serveObservability({ listen, readiness, scrape, log });
  return {
    url: server.url,
    log,
    metrics,
    readiness,
    record: (request) => {
      count(request);
      logRequest(log, request);
      auditRefusal({ clock, write }, request);
    },
    show: (service) => {
      shown = service;
    },
    close: () => server.close(),
  };
}
