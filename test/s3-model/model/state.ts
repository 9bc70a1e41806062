/** Why: what the model knows of a store: buckets, the versions of their keys, uploads; no more than S3 itself tells. */
import type { Made } from '../answer.ts';
import type { EtagPick, Place, VersionPick } from '../operations.ts';

export type Etag = Made | string;
export type VersionId = Made | 'null';
export type Tags = Readonly<Record<string, string>>;
export type Checksum = { readonly text: string; readonly type: 'FULL_OBJECT' | 'COMPOSITE' };
export type Headers = { readonly colour: string | undefined; readonly type: string | undefined };

export type Content = {
  readonly bytes: Uint8Array;
  readonly etag: Etag;
  readonly checksum: Checksum | undefined;
  /** Empty where it came in one piece. */
  readonly partBytes: readonly number[];
};

export type Version = {
  readonly id: VersionId;
  readonly key: string;
  /** Undefined: a delete marker. */
  readonly content: Content | undefined;
  readonly headers: Headers;
  tags: Tags;
};

export type Stored = Version & { readonly content: Content };

export type Bucket = {
  status: 'Enabled' | 'Suspended' | undefined;
  /** Newest first. */
  readonly versions: Map<string, Version[]>;
};

export type Part = { readonly number: number; readonly content: Content };
export type NamedPart = { readonly number: number; readonly etag: Etag; readonly checksum: string | undefined };

export type Upload = Place & {
  readonly id: Made;
  readonly home: Bucket;
  readonly headers: Headers;
  readonly tags: Tags;
  readonly hasChecksum: boolean;
  readonly parts: Map<number, Part>;
  state: 'open' | 'aborted' | { readonly named: readonly NamedPart[]; readonly version: Stored };
};

export class State {
  readonly buckets = new Map<string, Bucket>();
  /** All that ever were. */
  readonly uploads: Upload[] = [];
  #number = 0;
  readonly #made = new Map<string, VersionId[]>();

  /** For the names of what the server makes. */
  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  bucket(name: string): Bucket | undefined {
    return this.buckets.get(name);
  }

  versionsOf({ bucket, key }: Place): readonly Version[] {
    return this.bucket(bucket)?.versions.get(key) ?? [];
  }

  /** The current object, if there is one. */
  current(place: Place): Stored | undefined {
    const [newest] = this.versionsOf(place);
    return newest && isStored(newest) ? newest : undefined;
  }

  remember({ bucket, key }: Place, id: VersionId): void {
    const place = `${bucket}/${key}`;
    const made = this.#made.get(place) ?? [];
    if (!made.includes(id)) this.#made.set(place, [...made, id]);
  }

  /** One for each id that the key ever had. */
  picksOf({ bucket, key }: Place): readonly number[] {
    return [...(this.#made.get(`${bucket}/${key}`) ?? []).keys()];
  }

  /** What the pick means as things stand: the version id to send. */
  pickVersion({ bucket, key }: Place, pick: VersionPick | undefined): Made | string | undefined {
    if (pick === undefined || pick === 'null') return pick;
    if (pick === 'malformed') return 'x';
    const made = this.#made.get(`${bucket}/${key}`) ?? [];
    return pick === 'unknown' || made.length === 0 ? '00000000000000010000' : made[pick % made.length];
  }

  pickEtag(place: Place, pick: EtagPick): Etag {
    if (pick === '*') return pick;
    return (pick === 'current' ? this.current(place)?.content.etag : undefined) ?? otherEtag;
  }

  pickUpload(at: number): Upload | undefined {
    return this.uploads[this.uploads.length - 1 - (at % Math.max(1, this.uploads.length))];
  }
}

/** Of nothing that is stored. */
export const otherEtag = '0'.repeat(32);

export function isStored(version: Version): version is Stored {
  return version.content !== undefined;
}
