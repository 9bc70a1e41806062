/**
 * Why: what it costs to take a body in, and nothing else: the S3 door of Copyset, on its fast front, before a store
 * that drops all it is given; and node:http with a listener for 'data'.
 */
import { fileURLToPath } from 'node:url';
import type { HttpEndpoint } from '../load/endpoint.ts';
import type { ReceiverJob } from './receiving/main.ts';
import { endServer, freePort, loopback, startServer } from './server-process.ts';
import type { Target } from './target.ts';

const program = fileURLToPath(new URL('receiving/main.ts', import.meta.url));
const keys = { accessKeyId: 'bench-access-key', secretAccessKey: 'bench-secret-key' };

export const slabReceiver: Target = receiver('reception into slabs', 'slabs');
export const eventReceiver: Target = receiver("reception by node:http 'data'", 'events');

function receiver(name: string, kind: ReceiverJob['kind']): Target {
  return {
    name,
    durable: 'no, it keeps nothing',
    lists: false,
    start: async () => {
      const port = await freePort();
      const endpoint: HttpEndpoint = { host: loopback, port, ...keys };
      const job: ReceiverJob = { kind, endpoint };
      const child = await startServer(process.execPath, [program, JSON.stringify(job)], { port });
      return { endpoint, pid: child.pid, stop: () => endServer(child) };
    },
  };
}
