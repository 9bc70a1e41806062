/** Why: the files of one journal and their names. Numbers are padded, so that names sort as they count. */
const digits = 15;
const temporarySuffix = '.tmp';

export const lockName = 'lock';
export const reserveName = 'reserve';

export function logName(fileNumber: number): string {
  return `log-${padded(fileNumber)}`;
}

/** Named by the sequence at which it was taken, which differs even where the revision does not. */
export function snapshotName(sequence: number): string {
  return `snapshot-${padded(sequence)}`;
}

/** What a file is called until it is whole and synced. */
export function temporaryName(name: string): string {
  return name + temporarySuffix;
}

export function isTemporary(name: string): boolean {
  return name.endsWith(temporarySuffix);
}

/** The numbers of the log files among `names`, ascending. */
export function logNumbers(names: readonly string[]): number[] {
  return numbersAfter(names, 'log-');
}

/** The sequences of the snapshots among `names`, ascending. */
export function snapshotSequences(names: readonly string[]): number[] {
  return numbersAfter(names, 'snapshot-');
}

function padded(value: number): string {
  return String(value).padStart(digits, '0');
}

function numbersAfter(names: readonly string[], prefix: string): number[] {
  return names
    .filter((name) => name.startsWith(prefix) && /^\d{15}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .toSorted((left, right) => left - right);
}
