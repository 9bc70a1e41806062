/** Why: a door verifies signatures with a secret looked up by its id; where secrets are kept is not its matter. */
import type { CallOptions } from '../base/async/abort.ts';
import type { Awaitable } from '../base/async/awaitable.ts';
import { type Identity, rootIdentity } from './identity.ts';

export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** A key and whom it stands for. The secret is used for signatures only; it is never logged or sent. */
export type Credential = AccessKey & { readonly identity: Identity };

export type Credentials = {
  /** The credential with this id, or undefined. */
  find(accessKeyId: string, options?: CallOptions): Awaitable<Credential | undefined>;
};

/** The one key of a store that has no other identities. */
export function rootCredentials(key: AccessKey): Credentials {
  const credential = { ...key, identity: rootIdentity(key.accessKeyId) };
  return { find: (accessKeyId) => (accessKeyId === key.accessKeyId ? credential : undefined) };
}
