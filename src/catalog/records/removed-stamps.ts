/**
 * Why: the id of a version that was removed for ever must never name another one, also after a start by a clock that
 * was set back. Nothing else remembers such a version.
 */
import { uintField } from '../codec/fields.ts';
import { keyOf } from '../codec/keys.ts';
import { defineRecord, required } from '../codec/record.ts';

/** Greater than the stamps of all removed versions that had ids. */
const fields = { below: required(1, uintField) };

export const removedStampsCodec = defineRecord('removed stamps', 1, fields);
export const removedStampsKey = keyOf('removed');
