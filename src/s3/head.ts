/**
 * Why: what a request says before its body, exactly as sent. Header fields keep their order and repetitions, so that a
 * second `x-amz-date` is refused and not quietly dropped; values are strings of bytes 0..255.
 */
import { s3Error } from './errors.ts';

export type RequestHead = {
  readonly method: string;
  /** The request target as sent: path and query, undecoded. */
  readonly target: string;
  readonly headers: HeaderFields;
};

export class HeaderFields {
  readonly #values = new Map<string, string[]>();
  #names: readonly string[] | undefined;

  /** Names and values in turn, as node:http's `rawHeaders`. */
  constructor(rawHeaders: readonly string[]) {
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      this.#add(rawHeaders[at] as string, rawHeaders[at + 1] as string);
  }

  #add(name: string, value: string): void {
    const lower = name.toLowerCase();
    const values = this.#values.get(lower);
    if (values === undefined) this.#values.set(lower, [value]);
    else values.push(value);
  }

  /** These fields and more: a name that is there already is then there twice. */
  plus(more: readonly (readonly [name: string, value: string])[]): HeaderFields {
    const own = [...this.#values].flatMap(([name, values]) => values.flatMap((value) => [name, value]));
    return new HeaderFields([...own, ...more.flat()]);
  }

  /** Lower-case names, each once. */
  names(): readonly string[] {
    this.#names ??= [...this.#values.keys()];
    return this.#names;
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The only value of a field; refuses a field that was sent twice. */
  get(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw s3Error('InvalidRequest', `The header ${name} was sent more than once`);
    return values[0];
  }

  /** As `get`, and refuses the request when the field is missing. */
  required(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw s3Error('InvalidRequest', `Missing required header for this request: ${name}`);
    return value;
  }
}

/** A header value as text: clients send UTF-8 where they send more than ASCII. Undefined when it is not valid UTF-8. */
export function headerText(value: string): string | undefined {
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return headerValue(text) === value ? text : undefined;
}

/** Text as a header value: its UTF-8 bytes, one character each. */
export function headerValue(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
