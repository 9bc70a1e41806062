/**
 * Why: long work is visible: what runs, how far it is, how long it will take, what it found. A job is started once;
 * whoever asks for it again joins it. Followers get the state at least once a second and its end.
 */

import type { Finding, JobKind, JobProgress } from '../admin/contract.ts';
import { type CallOptions, raceAbort, throwIfAborted } from '../base/async/abort.ts';
import type { Clock } from '../base/clock.ts';
import { CopysetError, toCopysetError } from '../base/errors.ts';

export type JobWork = (job: JobControl) => Promise<void>;

/** What the work tells of itself. */
export type JobControl = {
  readonly signal: AbortSignal;
  /** So many units are left from here on. */
  expect(left: number): void;
  advance(units: number): void;
  find(finding: Finding): void;
};

export type JobRequest = {
  readonly kind: JobKind;
  readonly volume?: string;
  readonly unit: JobProgress['unit'];
  /** Nobody asked for it: it takes its time, and whoever asks does not want to wait for that. */
  readonly inBackground?: boolean;
};

type Job = {
  readonly request: JobRequest;
  /** By monotonic time: what is left is told right also when the clock is set meanwhile. */
  readonly beganMs: number;
  progress: JobProgress;
  readonly findings: Finding[];
  readonly ended: Promise<void>;
  failure: CopysetError | undefined;
};

const followIntervalMs = 500;
/** Ended jobs that can still be asked for. */
const maxRemembered = 32;

export class Jobs {
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #jobs = new Map<string, Job>();
  #started = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those that run, newest last. */
  running(): JobProgress[] {
    return [...this.#jobs.values()]
      .map((job) => ({ ...job.progress, ...this.#etaOf(job) }))
      .filter(({ state }) => state === 'running');
  }

  /** Starts the work, or joins the job that was started for the same and runs already; gives its id. */
  start(request: JobRequest, work: JobWork): string {
    const same = [...this.#jobs.values()].find(
      (job) => job.progress.state === 'running' && isSame(job.request, request),
    );
    if (same !== undefined) return same.progress.id;
    const { inBackground: _, ...shown } = request;
    this.#started += 1;
    const id = `${request.kind}-${this.#started}`;
    const job: Job = {
      request,
      beganMs: this.#clock.monotonicMs(),
      progress: { ...shown, id, state: 'running', done: 0, startedAtMs: this.#clock.wallMs() },
      findings: [],
      ended: Promise.resolve().then(() => this.#run(id, work)),
      failure: undefined,
    };
    this.#jobs.set(id, job);
    return id;
  }

  async #run(id: string, work: JobWork): Promise<void> {
    const update = (change: Partial<JobProgress>) => {
      const job = this.#job(id);
      job.progress = { ...job.progress, ...change };
    };
    const control: JobControl = {
      signal: this.#stop.signal,
      expect: (left) => update({ total: this.#job(id).progress.done + left }),
      advance: (units) => update({ done: this.#job(id).progress.done + units }),
      find: (finding) => this.#job(id).findings.push(finding),
    };
    try {
      await work(control);
      update({ state: 'done' });
    } catch (error) {
      const failure = toCopysetError(error);
      this.#job(id).failure = failure;
      update({ state: 'failed', error: failure.message });
    }
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs.values()].filter(({ progress }) => progress.state !== 'running');
    for (const { progress } of ended.slice(0, Math.max(0, ended.length - maxRemembered)))
      this.#jobs.delete(progress.id);
  }

  #job(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new CopysetError('not_found', `there is no job ${id}; it may have ended long ago`);
    return job;
  }

  /** Progress until the end, with what was found since the last one. */
  async *follow(id: string, options: CallOptions = {}): AsyncGenerator<JobProgress> {
    const job = this.#job(id);
    for (let shown = 0; ; ) {
      throwIfAborted(options.signal);
      const { progress } = job;
      const findings = job.findings.slice(shown);
      shown += findings.length;
      yield { ...progress, ...this.#etaOf(job), ...(findings.length > 0 ? { findings } : {}) };
      if (progress.state !== 'running') return;
      await Promise.race([job.ended, this.#clock.sleep(followIntervalMs, options)]);
    }
  }

  /** Resolves when the job is done; rejects with what it failed with. */
  async finished(id: string, options: CallOptions = {}): Promise<void> {
    const job = this.#job(id);
    await raceAbort(job.ended, options.signal);
    if (job.failure !== undefined) throw job.failure;
  }

  #etaOf({ beganMs, progress: { done, total, state } }: Job): { etaMs?: number } {
    if (state !== 'running' || total === undefined || done === 0) return {};
    return { etaMs: Math.round(((this.#clock.monotonicMs() - beganMs) / done) * Math.max(0, total - done)) };
  }

  /** Aborts what runs and waits for it. */
  async stop(): Promise<void> {
    this.#stop.abort(new CopysetError('closed', 'the server is stopping'));
    await Promise.all([...this.#jobs.values()].map(({ ended }) => ended));
  }
}

function isSame(left: JobRequest, right: JobRequest): boolean {
  return left.kind === right.kind && left.volume === right.volume && left.inBackground === right.inBackground;
}
