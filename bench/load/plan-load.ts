/**
 * Why: where there is no C compiler, this does what epoll-load.c does, with the same arguments and the same line of
 * JSON; but it may be slower than the server that it asks, and so measure itself.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '../statistics.ts';
import { loopback } from '../targets/server-process.ts';
import { BodyMaker } from './bodies.ts';
import { HttpConnection } from './http-connection.ts';
import { type Row, readAt, readRows } from './plan.ts';
import type { PlanOutcome } from './program.ts';

const [planPath = '', ...rest] = process.argv.slice(2);
const numbers = rest.slice(0, 4);
const cuts = rest[4] === 'cut';
const [port = 0, connections = 0, milliseconds = 0, limit = 0] = numbers.map(Number);

class Tally {
  readonly tookMs: number[] = [];
  readonly statuses: Record<string, number> = {};
  broken = 0;
  misfit = 0;
  underWay = 0;

  add({ answerBytes }: Row, answer: { readonly status: number; readonly bodyBytes: number }, tookMs: number): void {
    this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1;
    const fits = answerBytes === undefined || answerBytes === answer.bodyBytes;
    const success = answer.status >= 200 && answer.status < 300;
    if (success && fits) this.tookMs.push(tookMs);
    else if (success) this.misfit += 1;
  }
}

/** In turn, until the time is over or all are given. */
function* turns(rows: readonly Row[], untilMs: number): Generator<{ readonly row: Row; readonly number: number }> {
  for (let number = 0; performance.now() < untilMs && (limit === 0 || number < limit); number++) {
    yield { row: rows[number % rows.length] as Row, number };
  }
}

/** Those of one connection. */
class Bodies {
  readonly #file: FileHandle;
  readonly #makers = new Map<number, BodyMaker>();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async of({ bodyAt, bodyBytes, isBodyInPlan }: Row, number: number): Promise<Uint8Array | undefined> {
    if (bodyBytes === 0) return undefined;
    if (isBodyInPlan) return await readAt(this.#file, bodyAt, bodyBytes);
    const maker = this.#makers.get(bodyBytes) ?? new BodyMaker(bodyBytes);
    this.#makers.set(bodyBytes, maker);
    return maker.body(0, number);
  }
}

async function run(file: FileHandle): Promise<PlanOutcome> {
  const rows = await readRows(file);
  const heads = await Promise.all(rows.map((row) => readAt(file, row.headAt, row.headBytes)));
  const startedMs = performance.now();
  const left = turns(rows, startedMs + milliseconds);
  const tally = new Tally();
  const work = Array.from({ length: connections }, async () => {
    const bodies = new Bodies(file);
    let connection = await HttpConnection.open(loopback, port);
    const reopen = async () => {
      connection.close();
      connection = await HttpConnection.open(loopback, port);
    };
    for (const { row, number } of left) {
      const body = await bodies.of(row, number);
      const askedMs = performance.now();
      tally.underWay += 1;
      try {
        const answer = await connection.ask(heads[rows.indexOf(row)] as Buffer, body, row);
        tally.add(row, answer, performance.now() - askedMs);
        // A refusal may come before the body is sent; what is left of the body would be taken for the next head.
        if (body !== undefined && answer.status >= 300) await reopen();
      } catch {
        tally.broken += 1;
        await reopen();
      } finally {
        tally.underWay -= 1;
      }
    }
    connection.close();
  });
  await (cuts ? Promise.race([Promise.all(work), wait(milliseconds)]) : Promise.all(work));
  return outcomeOf(tally, (performance.now() - startedMs) / 1000);
}

function outcomeOf({ tookMs, statuses, broken, misfit, underWay: cut }: Tally, seconds: number): PlanOutcome {
  const { user, system } = process.cpuUsage();
  const [p50Ms, p99Ms] = [0.5, 0.99].map((share) => (tookMs.length === 0 ? null : percentile(tookMs, share)));
  const times = { seconds, cpuSeconds: (user + system) / 1e6, p50Ms: p50Ms ?? null, p99Ms: p99Ms ?? null };
  return { congestion: '', ...times, requests: tookMs.length, broken, misfit, cut, statuses };
}

await using file = await open(planPath);
process.stdout.write(`${JSON.stringify(await run(file))}\n`, () => process.exit()); // also while something is under way
