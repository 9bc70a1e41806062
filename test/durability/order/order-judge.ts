/**
 * Why: a 200 is a promise, so before its first byte leaves, the blocks of what it acknowledges must be durable on W
 * volumes, then its record in W journals. The judge follows a trace and holds every acknowledgement to that.
 */
import { BlockRanges, type PlacedBlock } from './block-ranges.ts';
import { isJournal, isOkResponse, isSegment, isSocket, isSync, isWrite, positionOf, volumeOf } from './marks.ts';
import { descriptorPath, type Moment, stringsIn, type TracedCall } from './strace-log.ts';
import { type PendingSync, TracedDisk } from './traced-disk.ts';

/** What one 200 acknowledged. */
export type Acknowledged = {
  /** No other response and no other record has it. */
  readonly etag: string;
  /** Names of its blocks, as hex, those of its manifest too. */
  readonly blocks: readonly string[];
};

/** What is known of the store besides what it did. */
export type Known = {
  readonly acknowledged: readonly Acknowledged[];
  readonly placed: readonly PlacedBlock[];
  readonly quorums: Quorums;
};

/** W of each. */
export type Quorums = { readonly volumes: number; readonly journals: number };

export type Verdict = {
  /** Acknowledgements whose response was seen. */
  readonly judged: number;
  /** One sentence for each promise that was not kept. */
  readonly broken: readonly string[];
};

const longestPathBytes = 4096;

export class OrderJudge {
  readonly #quorums: Quorums;
  readonly #disk = new TracedDisk();
  readonly #ranges: BlockRanges;
  readonly #syncs = new Map<number, PendingSync>();
  /** Not answered yet. */
  readonly #open: Set<Acknowledged>;
  /** Whose record is on its way to a journal. */
  readonly #recorded = new Set<Acknowledged>();
  readonly #broken: string[] = [];
  #judged = 0;

  constructor({ acknowledged, placed, quorums }: Known) {
    this.#open = new Set(acknowledged);
    this.#ranges = new BlockRanges(placed);
    this.#quorums = quorums;
  }

  get verdict(): Verdict {
    return { judged: this.#judged, broken: this.#broken };
  }

  see(moment: Moment): void {
    if (moment.phase === 'made') this.#made(moment.call);
    else if (!moment.failed) this.#returned(moment.call, moment.result);
  }

  #made(call: TracedCall): void {
    const path = descriptorPath(call.args) ?? '';
    if (isSync(call)) this.#syncs.set(call.number, this.#disk.syncBegins(path));
    if (!isWrite(call)) return;
    if (isJournal(path)) this.#recordsBegin(call);
    if (isSocket(path) && isOkResponse(call)) this.#responseBegins(call);
  }

  #returned(call: TracedCall, result: number): void {
    const path = descriptorPath(call.args) ?? '';
    const pending = this.#syncs.get(call.number);
    if (pending !== undefined) this.#disk.syncEnds(path, pending);
    if (isWrite(call) && isSegment(path)) this.#segmentWritten(path, positionOf(call), result);
    if (isWrite(call) && isJournal(path))
      this.#disk.wrote(
        path,
        this.#namedIn(call).map(({ etag }) => etag),
      );
    this.#nameChanges(call);
  }

  #segmentWritten(path: string, from: number, bytes: number): void {
    this.#disk.wrote(path, this.#ranges.wrote(path, { from, to: from + bytes }));
  }

  #nameChanges({ name, args }: TracedCall): void {
    const [from = '', to = ''] = stringsIn(args, longestPathBytes).map(String);
    if (name === 'rename') this.#disk.renamed(from, to);
    else if (name === 'mkdir' || (name === 'openat' && args.includes('O_CREAT'))) this.#disk.made(from);
    else if (name === 'unlink' || name === 'rmdir') this.#disk.removed(from);
  }

  #namedIn({ args }: TracedCall): Acknowledged[] {
    return [...this.#open].filter(({ etag }) => args.includes(etag));
  }

  #recordsBegin(call: TracedCall): void {
    for (const acknowledged of this.#namedIn(call)) {
      if (this.#recorded.has(acknowledged)) continue;
      this.#recorded.add(acknowledged);
      this.#expectBlocks(acknowledged, 'when its record was written');
    }
  }

  #responseBegins(call: TracedCall): void {
    for (const acknowledged of this.#namedIn(call)) {
      this.#open.delete(acknowledged);
      this.#judged++;
      this.#expectBlocks(acknowledged, 'when it was acknowledged');
      const journals = this.#durableIn(acknowledged.etag, isJournal);
      if (journals < this.#quorums.journals) {
        this.#broken.push(
          `${acknowledged.etag}: its record was durable in ${journals} journals when it was acknowledged`,
        );
      }
    }
  }

  #expectBlocks({ etag, blocks }: Acknowledged, when: string): void {
    for (const block of blocks) {
      const volumes = this.#durableIn(block, isSegment);
      if (volumes >= this.#quorums.volumes) continue;
      this.#broken.push(`${etag}: its block ${block} was durable on ${volumes} volumes ${when}`);
    }
  }

  #durableIn(mark: string, isPlace: (path: string) => boolean): number {
    return new Set(this.#disk.durableIn(mark).filter(isPlace).map(volumeOf)).size;
  }
}
