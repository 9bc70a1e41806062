/** Why: all requests are signed before the clock starts; then each connection has always one under way. */
import { keyOf, type Workload } from '../workloads.ts';
import { BodyMaker } from './bodies.ts';
import { HttpConnection } from './http-connection.ts';
import { bucket, type HttpEndpoint, type Job, type Load } from './job.ts';
import { signedHead } from './signed-head.ts';

type Request = { readonly number: number; readonly head: Buffer };

export async function makeHttpLoad(endpoint: HttpEndpoint, { workload, round }: Job): Promise<Load> {
  const requests = Array.from({ length: workload.requests }, (_, at) => signedRequest(endpoint, workload, at));
  const connections = await Promise.all(
    Array.from({ length: workload.connections }, () => HttpConnection.open(endpoint.host, endpoint.port)),
  );
  const bodies = connections.map(() => new BodyMaker(workload.verb === 'put' ? workload.bytes : 0));
  return {
    run: async () => {
      const rest = requests.values();
      const tookMs: number[] = [];
      const work = connections.map(async (connection, at) => {
        for (const { head, number } of rest) {
          const body = workload.verb === 'put' ? bodies[at]?.body(round, number) : undefined;
          const startedMs = performance.now();
          const answer = await connection.ask(head, body);
          tookMs.push(performance.now() - startedMs);
          check(workload, answer);
        }
      });
      await Promise.all(work);
      return tookMs;
    },
    end: async () => {
      for (const connection of connections) connection.close();
    },
  };
}

function signedRequest(endpoint: HttpEndpoint, workload: Workload, at: number): Request {
  const number = at % workload.objects;
  const method = workload.verb === 'put' ? 'PUT' : 'GET';
  const target =
    workload.verb === 'list'
      ? `/${bucket}?list-type=2&prefix=${encodeURIComponent(`${workload.bytes}/`)}`
      : `/${bucket}/${keyOf(workload, number)}`;
  const length = workload.verb === 'put' ? { bodyBytes: workload.bytes } : {};
  return { number, head: signedHead(endpoint, { method, target, ...length }) };
}

function check({ name, verb, bytes }: Workload, answer: { readonly status: number; readonly bodyBytes: number }): void {
  const whole = verb !== 'get' || answer.bodyBytes === bytes;
  if (answer.status < 200 || answer.status > 299 || !whole) {
    throw new Error(`${name} was answered ${answer.status} with ${answer.bodyBytes} bytes`);
  }
}
