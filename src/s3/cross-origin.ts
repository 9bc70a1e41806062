/** Why: pages of other origins are answered by the rules of the bucket alone, without a handler and before any body. */
import type { CallOptions } from '../base/async/abort.ts';
import type { Awaitable } from '../base/async/awaitable.ts';
import { answerPreflight, type CorsHeaders, type CorsRule, corsHeaders } from './cors.ts';
import type { RequestHead } from './head.ts';
import { emptyReply, type Reply } from './reply.ts';
import { parseHead } from './router/target.ts';

/** The CORS rules of a bucket; undefined when it has none or does not exist. Rejects when they cannot be known. */
export type CorsOf = (bucket: string, options: CallOptions) => Promise<readonly CorsRule[] | undefined>;

export type CrossOriginOptions = {
  /** Without it no bucket has rules. */
  readonly corsOf?: CorsOf | undefined;
  readonly domains?: readonly string[] | undefined;
};

export class CrossOrigin {
  readonly #corsOf: CorsOf;
  readonly #domains: readonly string[];

  constructor({ corsOf, domains }: CrossOriginOptions) {
    this.#corsOf = corsOf ?? (async () => undefined);
    this.#domains = domains ?? [];
  }

  /** Answers OPTIONS. */
  async preflight(head: RequestHead, options: CallOptions): Promise<Reply> {
    const headers = answerPreflight(await this.#rules(head, options), head.headers);
    return emptyReply(200, headers);
  }

  /** What goes beside any answer to this request, a refusal too. */
  headersFor(head: RequestHead, options: CallOptions): Awaitable<CorsHeaders> {
    const origin = head.headers.get('origin');
    if (origin === undefined || head.method === 'OPTIONS') return {};
    return this.#rules(head, options).then((rules) => corsHeaders(rules, head.method, origin));
  }

  async #rules(head: RequestHead, options: CallOptions): Promise<readonly CorsRule[] | undefined> {
    const { target } = parseHead(head, this.#domains);
    return target.level === 'service' ? undefined : await this.#corsOf(target.bucket, options);
  }
}
