/**
 * Why: a store is a prefix of etcd's keys. Frozen layout below the prefix: `c` is put by every commit, so that its
 * mod_revision is the newest revision of this store; `d` and the key holds an entry; `t` holds the revision trimmed to.
 * `c` comes just before all entries, so that one watch covers both.
 */
import { asBuffer, concatBytes, prefixEnd, utf8 } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';

export class KeySpace {
  readonly head: Uint8Array;
  readonly trimmed: Uint8Array;
  /** Of all entries, `end` excluded. */
  readonly end: Uint8Array;
  readonly #entries: Uint8Array;

  constructor(prefix: Uint8Array) {
    if (prefix.byteLength === 0) throw new CopysetError('request.invalid', 'a store in etcd needs a prefix of its own');
    this.head = concatBytes(prefix, utf8('c'));
    this.trimmed = concatBytes(prefix, utf8('t'));
    this.#entries = concatBytes(prefix, utf8('d'));
    this.end = prefixEnd(this.#entries) as Uint8Array;
  }

  inside(key: Uint8Array): Uint8Array {
    return concatBytes(this.#entries, key);
  }

  /** The key of an entry; undefined for the head. */
  outside(etcdKey: Uint8Array): Uint8Array | undefined {
    if (asBuffer(etcdKey).equals(this.head)) return undefined;
    return etcdKey.subarray(this.#entries.byteLength);
  }
}
