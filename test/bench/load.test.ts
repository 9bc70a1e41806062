import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bucket, type Job, type Outcome } from '../../bench/load/job.ts';
import { resetPeak, usageOf } from '../../bench/process-usage.ts';
import { rowsOf, tableOf } from '../../bench/report.ts';
import { rawDisk } from '../../bench/targets/raw-disk.ts';
import { keyOf, type Workload } from '../../bench/workloads.ts';
import { run } from '../clients/python-tool.ts';
import { S3Client } from '../support/client.ts';
import { startDev } from '../support/dev-process.ts';

const program = fileURLToPath(new URL('../../bench/load/main.ts', import.meta.url));
const small: Workload = { name: 'PUT', verb: 'put', bytes: 70_000, connections: 3, requests: 8, objects: 8 };

async function load(job: Job) {
  const { code, out, err } = await run(process.execPath, [program, JSON.stringify(job)]);
  return { code, err, outcome: code === 0 ? (JSON.parse(out) as Outcome) : undefined };
}

test.skipIf(process.platform !== 'linux')(
  'the load of the bench does its work, and counts nothing that failed',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'copyset-bench-'));
    try {
      await using dev = await startDev(join(folder, 'store'));
      using client = new S3Client(dev.ready);
      await client.createBucket(bucket);
      const { hostname, port } = new URL(dev.ready.endpoint);
      const endpoint = { ...dev.ready, kind: 'http', host: hostname, port: Number(port) } as const;
      const ask = (workload: Workload, round = 1) => load({ workload, endpoint, round });

      await resetPeak(dev.ready.pid);
      const before = await usageOf(dev.ready.pid);
      const put = await ask(small);
      expect(put).toMatchObject({ code: 0, err: '' });
      const first = await client.get(bucket, keyOf(small, 7));
      expect(first?.body.byteLength).toBe(small.bytes);
      await ask(small, 2);
      const second = await client.get(bucket, keyOf(small, 7));
      expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(false); // nothing is there already

      expect(await ask({ ...small, name: 'GET', verb: 'get', requests: 20 })).toMatchObject({ code: 0 });
      expect(await ask({ ...small, name: 'LIST', verb: 'list', requests: 2 })).toMatchObject({ code: 0 });
      const missing = await ask({ ...small, name: 'GET', verb: 'get', objects: 9, requests: 9 });
      expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('GET was answered 404') });

      const { cpuSeconds, peakRssMiB } = await usageOf(dev.ready.pid);
      expect(cpuSeconds).toBeGreaterThan(before.cpuSeconds);
      expect(peakRssMiB).toBeGreaterThan(20);
      const outcome = put.outcome as Outcome;
      const table = tableOf(rowsOf([{ workload: small, target: rawDisk, round: 1, outcome, cpuSeconds, peakRssMiB }]));
      expect(table.split('\n').at(-1)).toMatch(/^\| PUT \| raw disk \| [\d,]+ requests\/s \|/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
