/**
 * Why: damage that only a start finds may meet a second fault there, and the start refuses. So every journal is read
 * while it is written, and what is wrong with it is made known to the member, whose loop heals it (tend.ts).
 */
import { type CallOptions, throwIfAborted } from '../../../base/async/abort.ts';
import { CopysetError, type ErrorCode, isCopysetError, toCopysetError } from '../../../base/errors.ts';
import type { VolumeId } from '../../../base/ids.ts';
import type { ReadableDisk } from '../place/journal-place.ts';
import type { JournalProblem } from '../place/journal-view.ts';
import { snapshotName } from '../place/names.ts';
import { pacedDisk, type ReadPace } from '../place/paced-disk.ts';
import { patientDisk } from '../place/patient-disk.ts';
import { type ProvenJournal, proveJournal } from '../place/prove-journal.ts';
import type { Member, OpenedJournal } from './member.ts';
import type { JournalService } from './service.ts';

export type ScrubOptions = CallOptions &
  Omit<ReadPace, 'clock'> & {
    /** These alone; all when left out. */
    readonly only?: readonly VolumeId[] | undefined;
  };

/** What became of the scrub of one journal. */
export type JournalScrub = {
  readonly id: VolumeId;
  readonly path: string;
  /** `damaged`: it is made anew from now on. `unread`: it takes no part now, or could not be read in time. */
  readonly outcome: 'whole' | 'damaged' | 'unread';
  readonly problems: readonly JournalProblem[];
};

type Looking = { readonly service: JournalService; readonly member: Member; readonly options: ScrubOptions };

type Look =
  | { readonly kind: 'read'; readonly problems: readonly JournalProblem[] }
  /** Its files have no names any more: what is written leads nowhere. */
  | { readonly kind: 'gone'; readonly why: string }
  | { readonly kind: 'unread'; readonly why: string };

/** What is wrong is looked at again: a bit may flip on its way, and files come and go while they are read. */
const looks = 2;

/** Reads the journals one after the other. Rejects only when the signal aborts. */
export async function scrubJournals(service: JournalService, options: ScrubOptions): Promise<JournalScrub[]> {
  const scrubs: JournalScrub[] = [];
  const { only } = options;
  for (const member of [...service.group.members.values()]) {
    if (only !== undefined && !only.includes(member.id)) continue;
    scrubs.push(await scrubMember({ service, member, options }));
  }
  return scrubs;
}

async function scrubMember(looking: Looking): Promise<JournalScrub> {
  const { member } = looking;
  const { id, place, attempt } = member;
  const scrub = (outcome: JournalScrub['outcome'], problems: readonly JournalProblem[] = []) => ({
    id,
    path: place.disk.root,
    outcome,
    problems,
  });
  for (let at = 1; ; at++) {
    const look = await lookAt(looking);
    if (member.attempt !== attempt) return scrub('unread', [problem('it is made anew')]);
    if (look.kind === 'unread') return scrub('unread', [problem(look.why)]);
    if (look.kind === 'read' && look.problems.length === 0) return scrub('whole');
    if (at < looks) continue;
    if (look.kind === 'read') {
      member.setDamage({ found: look.problems.map(describe).join('; ') });
      return scrub('damaged', look.problems);
    }
    member.end('missing', new CopysetError('volume.gone', look.why));
    return scrub('damaged', [problem(look.why)]);
  }
}

async function lookAt(looking: Looking): Promise<Look> {
  const { member, options } = looking;
  const { opened, synced } = member;
  if (member.state !== 'ok' || opened === undefined || synced === undefined) {
    return { kind: 'unread', why: `it is ${member.state}` };
  }
  try {
    const disk = readableDisk(looking);
    const strayed = await whereaboutsOf(disk, member, opened);
    if (strayed !== undefined) return strayed;
    const upTo = synced.sequence;
    const proven = await proveJournal({ id: member.id, disk }, looking.service.context.storeId, { ...options, upTo });
    return { kind: 'read', problems: [...proven.problems, ...lackOf(proven, { base: opened.base, upTo })] };
  } catch (cause) {
    throwIfAborted(options.signal);
    return lookThatFailed(cause);
  }
}

/** Reading ends when the member does, or begins anew: then nothing depends on what it holds now. */
function readableDisk({ service, member, options }: Looking): ReadableDisk {
  const { clock, limits } = service.context;
  const { bytesPerSecond } = options;
  const { attempt, place } = member;
  const onRead = (bytes: number) => {
    options.onRead?.(bytes);
    if (member.attempt !== attempt) throw new CopysetError('request.aborted', 'the journal is made anew');
  };
  return pacedDisk(patientDisk(place.disk, clock, limits.lookTimeoutMs), { clock, bytesPerSecond, onRead });
}

/** Undefined: the file that is written is where it should be, or the log went on in another one meanwhile. */
async function whereaboutsOf(disk: ReadableDisk, member: Member, { log }: OpenedJournal): Promise<Look | undefined> {
  const entry = await disk.stat(log.name).catch((error: unknown) => {
    if (!isCopysetError(error, 'disk.not_found')) throw error;
    return undefined;
  });
  if (log.isAt(entry) || member.opened?.log !== log) return undefined;
  return { kind: 'gone', why: `${disk.root}/${log.name} was removed or replaced while it was open` };
}

/** What is not there although it was durable when the look began. */
function lackOf(
  { view }: ProvenJournal,
  { base, upTo }: { readonly base: number; readonly upTo: number },
): JournalProblem[] {
  const found = view.base?.point.sequence ?? -1;
  const lacks = found < base ? [{ file: snapshotName(base), problem: 'the snapshot is missing or damaged' }] : [];
  const { report } = view;
  const isShort = report.state === 'empty' || (report.state === 'intact' && report.tail.sequence < upTo);
  return isShort ? [...lacks, problem(`records up to ${upTo} were synced and are not all there`)] : lacks;
}

/** A file that cannot be read is as good as lost. */
const damaging: readonly ErrorCode[] = ['disk.io', 'format.damaged'];

function lookThatFailed(cause: unknown): Look {
  const error = toCopysetError(cause);
  if (error.kind === 'bug') throw error;
  if (damaging.includes(error.code)) return { kind: 'read', problems: [problem(error.message)] };
  return { kind: error.code === 'volume.foreign' ? 'gone' : 'unread', why: error.message };
}

function problem(what: string): JournalProblem {
  return { file: '', problem: what };
}

function describe({ file, problem: what }: JournalProblem): string {
  return file === '' ? what : `${file}: ${what}`;
}
