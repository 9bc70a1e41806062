/** Why: trailers are exactly those that the head announced, signed where chunks are; anything else is refused. */
import { sha256 } from '../../base/hash.ts';
import { s3Error } from '../errors.ts';
import type { ChunkSignatures } from './chunk-signatures.ts';

const signatureName = 'x-amz-trailer-signature';

export class TrailerSection {
  readonly #announced: readonly string[];
  readonly #signatures: ChunkSignatures | undefined;
  readonly #values = new Map<string, string>();
  #signature: string | undefined;

  constructor(announced: readonly string[], signatures: ChunkSignatures | undefined) {
    this.#announced = announced;
    this.#signatures = signatures;
  }

  take(line: string): void {
    const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (match === null || this.#signature !== undefined) throw refused('it is malformed');
    const [, name, value] = match as unknown as [string, string, string];
    const lower = name.toLowerCase();
    if (lower === signatureName && this.#expectsSignature) this.#signature = value;
    else if (!this.#announced.includes(lower)) throw refused(`x-amz-trailer did not announce ${lower}`);
    else if (this.#values.has(lower)) throw refused(`${lower} came twice`);
    else this.#values.set(lower, value);
  }

  get values(): ReadonlyMap<string, string> {
    return this.#values;
  }

  /** Throws unless all came that was announced, and as signed. */
  verify(): void {
    const missing = this.#announced.find((name) => !this.#values.has(name));
    if (missing !== undefined) throw refused(`${missing} was announced and did not come`);
    if (this.#expectsSignature) this.#verifySignature();
  }

  get #expectsSignature(): boolean {
    return this.#signatures !== undefined && this.#announced.length > 0;
  }

  #verifySignature(): void {
    const text = [...this.#values].map(([name, value]) => `${name}:${value}\n`).join('');
    this.#signatures?.trailer(sha256(Buffer.from(text, 'latin1')), this.#signature ?? '');
  }
}

function refused(why: string) {
  return s3Error('InvalidRequest', `The trailer is not valid: ${why}`);
}
