/**
 * Why: client and server agree on what of a verb is sent: so many arguments, and of the options these. Callers hand
 * over whatever has a signal, so the rest of it, which may be anything, stays where it is.
 */
import type { Verb } from './messages.ts';

type Shape = { readonly args: number; readonly options: readonly string[] };

const replaced = ['headers', 'tags', 'condition'];

export const verbs = {
  createBucket: { args: 1, options: ['set'] },
  changeBucket: { args: 2, options: [] },
  deleteBucket: { args: 1, options: [] },
  headBucket: { args: 1, options: [] },
  listBuckets: { args: 0, options: [] },
  put: { args: 3, options: ['condition'] },
  get: { args: 2, options: ['versionId', 'range'] },
  head: { args: 2, options: ['versionId'] },
  delete: { args: 2, options: ['versionId', 'condition'] },
  copy: { args: 2, options: replaced },
  setTags: { args: 3, options: ['versionId'] },
  list: { args: 2, options: [] },
  listVersions: { args: 2, options: [] },
  createUpload: { args: 2, options: ['headers', 'tags', 'checksum'] },
  putPart: { args: 3, options: [] },
  copyPart: { args: 2, options: ['range'] },
  completeUpload: { args: 2, options: ['condition'] },
  abortUpload: { args: 1, options: [] },
  listParts: { args: 2, options: ['limit'] },
  listUploads: { args: 2, options: [] },
} as const satisfies Record<Verb, Shape>;

/** The options of a verb, without its signal and without what is none. */
export function optionsOf(verb: Verb, given: object): object {
  const { options }: Shape = verbs[verb];
  return Object.fromEntries(Object.entries(given).filter(([name]) => options.includes(name)));
}

/** Each verb takes a number of arguments and its options, and resolves with what can be sent or with a reader. */
export type AnyVerb = (...args: readonly unknown[]) => Promise<unknown>;
