/** Why: what a client names as the parts of its object is checked in one place: order, ETag, checksum, sizes. */
import { equalBytes } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import type { PartRecord } from '../catalog/records/part.ts';
import type { ObjectContext } from './context.ts';
import type { CompletedPart, Completion } from './store.ts';

/** The recorded parts that the client names. */
export function chooseParts(
  { limits }: Pick<ObjectContext, 'limits'>,
  recorded: readonly PartRecord[],
  { parts: named, bytes: expectedBytes }: Completion,
): PartRecord[] {
  if (named.length === 0) throw refusal('part_order', 'an upload is completed with at least one part');
  const byNumber = new Map(recorded.map((part) => [part.number, part]));
  const chosen = named.map((part) => recordedPart(part, byNumber.get(part.number)));
  checkOrder(chosen);
  checkSizes(chosen, limits.minPartBytes);
  const bytes = chosen.reduce((sum, part) => sum + part.bytes, 0);
  if (expectedBytes !== undefined && expectedBytes !== bytes) {
    throw refusal('upload_size', `the parts have ${bytes} bytes, not ${expectedBytes}`);
  }
  return chosen;
}

function recordedPart({ number, etag, checksum }: CompletedPart, part: PartRecord | undefined): PartRecord {
  const isRight =
    checksum === undefined || (part?.checksum !== undefined && equalBytes(checksum, part.checksum.digest));
  if (part !== undefined && part.etag === etag && isRight) return part;
  throw new CopysetError('not_found', `part ${number} with this ETag and checksum was not uploaded`, {
    details: { what: 'part' },
  });
}

function checkOrder(parts: readonly PartRecord[]): void {
  const unordered = parts.find((part, at) => part.number <= (parts[at - 1]?.number ?? 0));
  if (unordered !== undefined) throw refusal('part_order', `part ${unordered.number} is not in ascending order`);
}

function checkSizes(parts: readonly PartRecord[], minPartBytes: number): void {
  const small = parts.slice(0, -1).find((part) => part.bytes < minPartBytes);
  if (small === undefined) return;
  throw refusal('part_size', `part ${small.number} has ${small.bytes} bytes; all but the last need ${minPartBytes}`);
}

function refusal(what: string, message: string): CopysetError {
  return new CopysetError('request.invalid', message, { details: { what } });
}
