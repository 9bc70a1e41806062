/** Why: every request that the S3 door answered is counted and timed, by what it asked for and what it got. */
import { latencyBounds, type Metrics } from '../../observe/metrics/metrics.ts';
import type { RequestRecord } from '../../s3/request-log.ts';

/** Objects read and written, which the planner reckons with; a part is none. */
const objectRequests: Readonly<Record<string, string>> = {
  GetObject: 'get',
  PutObject: 'put',
  CompleteMultipartUpload: 'put',
};

export function requestMetrics(metrics: Metrics): (record: RequestRecord) => void {
  const requests = metrics.counter('copyset_s3_requests_total', 'Requests by operation and status; 0: cut.');
  const seconds = metrics.histogram('copyset_s3_request_duration_seconds', 'From head to end.', latencyBounds);
  const ttfb = metrics.histogram('copyset_s3_ttfb_seconds', 'From the head to the first byte back.', latencyBounds);
  const received = metrics.counter('copyset_s3_received_bytes_total', 'Bytes of bodies, as they came.');
  const objects = metrics.counter('copyset_requests_total', 'Objects read and written: get, put.');
  return ({ operation = 'refused', status, durationMs, firstByteMs, receivedBytes }) => {
    requests.add(1, { op: operation, code: String(status) });
    received.add(receivedBytes, { op: operation });
    seconds.observe(durationMs / 1000, { op: operation });
    if (firstByteMs !== undefined) ttfb.observe(firstByteMs / 1000, { op: operation });
    const op = objectRequests[operation];
    if (op !== undefined && status >= 200 && status < 300) objects.add(1, { op });
  };
}
