/**
 * Why: a document of a bucket is read for each request that asks, as it stands then, but parsed only when it is another
 * text than before: to parse a policy costs more than to serve what it allows.
 */

export type DocumentParser<T> = (text: string, bucket: string) => T;

/** Of buckets; their documents have a limit of their own. The one whose document changed longest ago goes first. */
const maxKept = 64;

export class ParsedDocuments<T> {
  readonly #parse: DocumentParser<T>;
  readonly #kept = new Map<string, { readonly text: string; readonly parsed: T }>();

  constructor(parse: DocumentParser<T>) {
    this.#parse = parse;
  }

  /** What the text says; rejects as the parser does, each time. */
  of(bucket: string, text: string): T {
    const kept = this.#kept.get(bucket);
    if (kept?.text === text) return kept.parsed;
    const parsed = this.#parse(text, bucket);
    this.#keep(bucket, { text, parsed });
    return parsed;
  }

  #keep(bucket: string, entry: { readonly text: string; readonly parsed: T }): void {
    this.#kept.delete(bucket);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < maxKept) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(bucket, entry);
  }
}
