/**
 * Why: etcd tells the past by a watch from a revision: its events, grouped by revision, are the changes of the
 * contract.
 */
import { CopysetError } from '../../base/errors.ts';
import type { Change, Put, Revision } from '../kv.ts';
import { type Event, Event_EventType } from './generated/kv_pb.js';
import type { WatchResponse } from './generated/rpc_pb.js';
import type { KeySpace } from './key-space.ts';

type Group = { revision: Revision; puts: Put[]; deletes: Uint8Array[] };

/** Collects the events of a watch until `upTo`, which must have one, or until `limit` changes are whole. */
export async function collectChanges(
  responses: AsyncIterable<WatchResponse>,
  space: KeySpace,
  { upTo, limit }: { readonly upTo: Revision; readonly limit: number },
): Promise<Change[]> {
  const groups: Group[] = [];
  for await (const response of responses) {
    refuseCancelled(response);
    for (const event of response.events) add(groups, event, space);
    // the last revision of a fragment may go on in the next one
    const whole = groups.slice(0, response.fragment ? -1 : groups.length);
    const changes = whole.filter(({ puts, deletes }) => puts.length + deletes.length > 0);
    if (changes.length >= limit || (whole.at(-1)?.revision ?? 0) >= upTo) return changes.slice(0, limit);
  }
  return [];
}

export function refuseCancelled({ canceled, compactRevision, cancelReason }: WatchResponse): void {
  if (compactRevision > 0n)
    throw new CopysetError('kv.compacted', `etcd keeps changes from revision ${compactRevision} on`);
  if (canceled) throw new CopysetError('kv.unreachable', `etcd cancelled a watch: ${cancelReason}`);
}

function add(groups: Group[], { type, kv }: Event, space: KeySpace): void {
  if (kv === undefined) return;
  const revision = Number(kv.modRevision);
  if (groups.at(-1)?.revision !== revision) groups.push({ revision, puts: [], deletes: [] });
  const key = space.outside(kv.key);
  if (key === undefined) return;
  if (type === Event_EventType.DELETE) groups.at(-1)?.deletes.push(key);
  else groups.at(-1)?.puts.push({ key, value: kv.value });
}
