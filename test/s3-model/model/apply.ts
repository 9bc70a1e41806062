/**
 * Why: one entrance to the model: an operation changes the state and has an answer, or is refused and changes nothing.
 */
import type { Answer } from '../answer.ts';
import type { Kind, Op } from '../operations.ts';
import { createBucket, deleteBucket, getVersioning, putVersioning } from './buckets.ts';
import { copy, copyPart } from './copies.ts';
import { list, listParts, listUploads, listVersions } from './listings.ts';
import { abort, complete, createUpload, putPart } from './multipart.ts';
import { deleteMany, deleteOne, get, getTags, put, setTags } from './objects.ts';
import { Refusal } from './refusal.ts';
import type { State } from './state.ts';

type Rules = { readonly [K in Kind]: (state: State, op: Op<K>) => Answer };

const rules: Rules = {
  createBucket,
  deleteBucket,
  putVersioning,
  getVersioning,
  put,
  get,
  delete: deleteOne,
  deleteObjects: deleteMany,
  copy,
  list,
  listVersions,
  listUploads,
  createUpload,
  putPart,
  copyPart,
  complete,
  abort,
  listParts,
  getTags,
  putTags: setTags,
  deleteTags: setTags,
};

export function apply(state: State, op: Op): Answer {
  try {
    return (rules[op.kind] as (state: State, op: Op) => Answer)(state, op);
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}
