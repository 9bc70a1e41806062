/** Why: whoever asks is one of few kinds; decisions look at the kind, never at a name that a client could choose. */

export type Identity = { readonly kind: 'root'; readonly accessKeyId: string } | { readonly kind: 'anonymous' };

/** The owner of the store, known by the key made at its first start. */
export function rootIdentity(accessKeyId: string): Identity {
  return { kind: 'root', accessKeyId };
}

export const anonymous: Identity = { kind: 'anonymous' };
