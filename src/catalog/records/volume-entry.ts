/** Why: which volumes the site has, where, and what is to become of them. */
import type { VolumeId } from '../../base/ids.ts';
import type { DomainPath } from '../../layout/layout.ts';
import { type FieldCodec, floatField, idField, listField, textField, uintField, wordField } from '../codec/fields.ts';
import { idKey, keyOf, rangeOf } from '../codec/keys.ts';
import { defineRecord, optional, type RecordOf, required } from '../codec/record.ts';

/**
 * active: takes blocks. draining: its blocks leave. retired, lost: its blocks are made anew elsewhere. Order frozen.
 */
export const volumeStates = ['active', 'draining', 'retired', 'lost'] as const;
export type VolumeState = (typeof volumeStates)[number];

const fields = {
  id: required(1, idField<VolumeId>()),
  /** Absolute path of the directory. */
  path: required(2, textField),
  state: required(3, wordField(volumeStates)),
  weight: required(4, floatField),
  domain: required(5, listField(textField) as unknown as FieldCodec<DomainPath>),
  addedAtMs: required(6, uintField),
  /** Why it is in this state, for people. */
  reason: optional(7, textField),
};

export type VolumeEntry = RecordOf<typeof fields>;
export const volumeCodec = defineRecord('volume', 1, fields);

export function volumeKey(id: VolumeId): Uint8Array {
  return keyOf('volume', idKey(id));
}

export const allVolumes = rangeOf('volume');
