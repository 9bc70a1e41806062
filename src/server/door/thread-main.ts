/**
 * Why: the S3 door in a thread of its own: what it does for a request (heads, signatures, checksums, XML) is done here,
 * and the store of another thread is asked for the rest.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { rootCredentials } from '../../access/credentials.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { toForm } from '../../object/remote/error-form.ts';
import { Outbox, type Port, receiveAll } from '../../object/remote/port.ts';
import { connectStore } from '../../object/remote/remote-store.ts';
import { bucketRules } from '../../s3/bucket-rules.ts';
import { type S3Server, startS3 } from '../../s3/server.ts';
import { type DoorOrder, type DoorReport, recordForm, type ThreadData } from './messages.ts';

const owner = parentPort as Port;
const reports = new Outbox<DoorReport>(owner);

try {
  const door = await open(workerData as ThreadData);
  receiveAll<DoorOrder>(owner, ({ deadlineMs }) => void drain(door, deadlineMs));
  reports.add({ kind: 'listening', address: door.address, status: door.status });
} catch (error) {
  reports.add({ kind: 'failed', error: toForm(error) });
}

async function open({ store: port, key, listen, front, domains, region, limits, waiting }: ThreadData) {
  const { store } = connectStore(port);
  const waitingHere = new Int32Array(waiting);
  return await startS3({
    store,
    ...bucketRules(store),
    credentials: rootCredentials(key),
    clock: systemClock,
    random: systemRandom,
    log: (record) => reports.add({ kind: 'answered', record: recordForm(record) }),
    listen: { ...listen, isShared: true },
    waiting: () => Atomics.load(waitingHere, 0),
    limits,
    front,
    domains,
    region,
    sharesBodies: true,
  });
}

async function drain(door: S3Server, deadlineMs: number): Promise<void> {
  await door.drain(deadlineMs);
  reports.add({ kind: 'drained' });
}
