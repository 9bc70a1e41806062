/**
 * Why: each version that is written on disk is raised here as a newer program would write it, with right checksums, by
 * the published formats (docs/formats).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32c } from '../../src/base/hash.ts';

/** Of binary structures: higher than any for long. */
const newerVersion = 99;

/** Changes files of a store that nobody serves. */
export type Marker = (store: string) => void;

/** What a program that knows only the versions before must refuse at its start. */
export const startMarkers: Readonly<Record<string, Marker>> = {
  'store.json': (store) => edit(join(store, 'store.json'), (text) => text.replace('"format": 1', '"format": 2')),
  'the identity of a volume': (store) => edit(join(volumeOf(store), 'identity.json'), newerIdentity),
  'the header of a segment': (store) => {
    const segments = join(volumeOf(store), 'segments');
    patchAll(segments, '.seg', { magic: 'CSG1', versionAt: 4, crcAt: 60, inFirst: 64 });
    for (const name of readdirSync(segments)) if (name.endsWith('.idx')) raiseSidecar(join(segments, name));
  },
  'the header of a log file of a journal': (store) => patchAll(journalOf(store), 'log-', logHeader),
  'a record of a journal': (store) =>
    patchAll(journalOf(store), 'log-', { magic: 'CSJR', versionAt: 4, crcAt: 28, inFirst: Number.POSITIVE_INFINITY }),
  'a snapshot of a journal': (store) =>
    patchAll(journalOf(store), 'snapshot-', { magic: 'CSJS', versionAt: 4, crcAt: 16, inFirst: 20 }),
  "the tables of the catalog's database": (store) => {
    const database = new DatabaseSync(join(store, 'catalog', 'catalog.sqlite'));
    database.exec("UPDATE meta SET value = 2 WHERE name = 'format'; PRAGMA journal_mode = DELETE");
    database.close();
  },
};

/** The stored form of every copy of every block. */
export function raiseStoredForms(store: string): void {
  for (const name of readdirSync(join(store, 'volumes'))) {
    const form = { magic: 'CSB1', versionAt: 4, crcAt: 124, inFirst: Number.POSITIVE_INFINITY };
    patchAll(join(store, 'volumes', name, 'segments'), '.seg', form);
  }
}

/** Where a structure begins, where it says its version (2 bytes), and the checksum of all before `crcAt`. */
type Structure = {
  readonly magic: string;
  readonly versionAt: number;
  /** Undefined: at the end of a header whose length is written at 6. */
  readonly crcAt: number | undefined;
  /** Looked for so far into the file. */
  readonly inFirst: number;
};

const logHeader: Structure = { magic: 'CSJL', versionAt: 4, crcAt: undefined, inFirst: 64 };

function volumeOf(store: string): string {
  return join(store, 'volumes', 'v1');
}

function journalOf(store: string): string {
  return join(volumeOf(store), 'journal');
}

function edit(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${path} holds no version to raise`);
  writeFileSync(path, after);
}

function newerIdentity(text: string): string {
  const { crc32c: _, ...identity } = JSON.parse(text) as Record<string, unknown>;
  const newer = { ...identity, version: 2 };
  const checksum = crc32c(Buffer.from(JSON.stringify(newer)))
    .toString(16)
    .padStart(8, '0');
  return `${JSON.stringify({ ...newer, crc32c: checksum })}\n`;
}

/**
 * Whoever raises the version of segments raises that of sidecars. Their checksum may fail: neither kind is believed.
 */
function raiseSidecar(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt16LE(newerVersion, 4);
  writeFileSync(path, bytes);
}

/** In every file whose name holds `part`. */
function patchAll(directory: string, part: string, structure: Structure): void {
  const names = readdirSync(directory).filter((name) => name.includes(part));
  const patched = names.map((name) => patch(join(directory, name), structure));
  if (!patched.some((count) => count > 0)) throw new Error(`nothing to raise in ${directory}`);
}

function patch(path: string, { magic, versionAt, crcAt, inFirst }: Structure): number {
  const bytes = readFileSync(path);
  let count = 0;
  for (
    let at = bytes.indexOf(magic, 0, 'latin1');
    at >= 0 && at < inFirst;
    at = bytes.indexOf(magic, at + 4, 'latin1')
  ) {
    const end = at + (crcAt ?? bytes.readUInt16LE(at + 6) - 4);
    if (bytes.readUInt32LE(end) !== crc32c(bytes.subarray(at, end))) continue;
    bytes.writeUInt16LE(newerVersion, at + versionAt);
    bytes.writeUInt32LE(crc32c(bytes.subarray(at, end)), end);
    count++;
  }
  writeFileSync(path, bytes);
  return count;
}
