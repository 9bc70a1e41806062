/**
 * Why: the journals of the catalog are read and verified once a period, as copies of blocks are: what only a start
 * would find may meet a second fault there. The catalog heals what is found; here it is paced, counted and told.
 */
import type { Clock } from '../../base/clock.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { Damage } from '../../kv/journal/run/member.ts';
import type { JournalScrub, ScrubOptions } from '../../kv/journal/run/scrub.ts';
import type { Log } from '../../observe/log.ts';
import type { Counter, Metrics } from '../../observe/metrics/metrics.ts';
import type { OpenCatalog } from '../catalog/open-catalog.ts';
import type { JobControl, Jobs } from '../jobs.ts';

export type JournalScrubberOptions = {
  readonly catalog: Pick<OpenCatalog, 'scrubJournals' | 'journals'>;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly periodMs: number;
};

const mebibyte = 1024 * 1024;
/** Nobody feels it; journals that are so large that they would take longer than half a period are read faster. */
const leastBytesPerSecond = 8 * mebibyte;
/** Somebody waits for it. */
const atOnceBytesPerSecond = 256 * mebibyte;
/** A start reads the logs, and of the snapshots little: those that nobody read yet are not left so for a period. */
const firstMs = 3_600_000;
/** One that was damaged, or could not be read since it is made anew or hangs, is not left so for a period either. */
const againMs = 600_000;

export class JournalScrubber {
  readonly #options: JournalScrubberOptions;
  readonly #found: Counter;
  /** Damage of which the log told. */
  readonly #told = new Map<VolumeId, Damage>();
  #dueMs: number;
  /** Those that are to be read again before that. */
  #left: readonly VolumeId[] = [];
  #againMs = 0;

  constructor(options: JournalScrubberOptions) {
    this.#options = options;
    this.#found = options.metrics.counter(
      'copyset_journal_damage_found_total',
      'Times that a scrub found damage in it.',
    );
    this.#dueMs = options.clock.monotonicMs() + Math.min(firstMs, options.periodMs);
  }

  /** Tells how damage is healed, and scrubs when it is time. */
  async round(signal: AbortSignal): Promise<void> {
    const { clock, jobs, periodMs } = this.#options;
    this.#tell();
    const nowMs = clock.monotonicMs();
    const isDue = nowMs >= this.#dueMs;
    if (!isDue && (this.#left.length === 0 || nowMs < this.#againMs)) return;
    if (isDue) this.#dueMs = nowMs + periodMs;
    this.#againMs = nowMs + Math.min(againMs, periodMs);
    const only = isDue ? undefined : this.#left;
    const work = async (job: JobControl) => {
      const scrubs = await this.#scrub({ bytesPerSecond: this.#pace(), only }, job);
      this.#left = scrubs.filter(({ outcome }) => outcome !== 'whole').map(({ id }) => id);
    };
    await jobs.finished(jobs.start({ kind: 'journal-scrub', unit: 'bytes', inBackground: true }, work), { signal });
  }

  /** All of it now. */
  async scrub(job: JobControl): Promise<void> {
    await this.#scrub({ bytesPerSecond: atOnceBytesPerSecond }, job);
  }

  #pace(): number {
    const { catalog, periodMs } = this.#options;
    const bytes = catalog.journals().reduce((sum, journal) => sum + journal.bytes, 0);
    return Math.max(leastBytesPerSecond, (2 * bytes * 1000) / periodMs);
  }

  async #scrub(
    options: Pick<ScrubOptions, 'bytesPerSecond' | 'only'>,
    job: JobControl,
  ): Promise<readonly JournalScrub[]> {
    const { catalog } = this.#options;
    const journals = catalog.journals().filter(({ id }) => options.only?.includes(id) ?? true);
    job.expect(journals.reduce((sum, { bytes }) => sum + bytes, 0));
    const onRead = (bytes: number) => job.advance(bytes);
    const scrubs = await catalog.scrubJournals({ ...options, onRead, signal: job.signal });
    for (const scrub of scrubs) this.#report(scrub, job);
    return scrubs;
  }

  #report({ id, path, outcome, problems }: JournalScrub, job: JobControl): void {
    const { log } = this.#options;
    const unread = outcome === 'unread' ? 'not all of it could be verified: ' : '';
    for (const { file, problem } of problems) {
      job.find({ where: file === '' ? path : `${path}/${file}`, problem: `${unread}${problem}` });
    }
    if (outcome === 'unread') log.info('a journal of the catalog is to be scrubbed later', { volume: id, problems });
    if (outcome !== 'damaged') return;
    log.warn('a journal of the catalog is damaged; it is made anew from the catalog', { volume: id, path, problems });
    this.#found.add(1, { volume: id });
  }

  /** Once for each thing that happens. */
  #tell(): void {
    const { catalog, log } = this.#options;
    for (const { id, path, damage, state } of catalog.journals()) {
      const before = this.#told.get(id);
      if (damage === undefined) this.#told.delete(id);
      else this.#told.set(id, damage);
      if (damage?.obstacle !== undefined && damage.obstacle !== before?.obstacle) {
        log.error('a damaged journal of the catalog cannot be healed; it is tried again', {
          volume: id,
          path,
          ...damage,
        });
      }
      const isHealed = before !== undefined && damage === undefined && state === 'ok';
      if (isHealed) log.info('a damaged journal of the catalog is whole again', { volume: id, path });
    }
  }
}
