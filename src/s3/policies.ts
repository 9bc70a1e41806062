/** Why: one request is judged by one reading of each policy, whatever is changed meanwhile. */
import type { Policy } from '../access/policy.ts';
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError, toCopysetError } from '../base/errors.ts';

/** The policy of a bucket; undefined when it has none or does not exist. Rejects when it cannot be known. */
export type PolicyOf = (bucket: string, options: CallOptions) => Promise<Policy | undefined>;

export class Policies {
  readonly #policyOf: PolicyOf;
  readonly #read = new Map<string, Policy | undefined>();

  constructor(policyOf: PolicyOf) {
    this.#policyOf = policyOf;
  }

  /** Undefined where none was read. */
  get(bucket: string | undefined): Policy | undefined {
    return bucket === undefined ? undefined : this.#read.get(bucket);
  }

  /** A policy that cannot be understood is not one that allows, nor one that is not there. */
  async read(bucket: string, options: CallOptions): Promise<void> {
    if (this.#read.has(bucket)) return;
    try {
      this.#read.set(bucket, await this.#policyOf(bucket, options));
    } catch (cause) {
      if (toCopysetError(cause).kind !== 'request') throw cause;
      throw new CopysetError('access.denied', `the policy of ${bucket} cannot be understood`, { cause });
    }
  }
}
