/**
 * Why: tests from outside drive the store as an S3 client does, many requests at a time over kept connections. Only
 * what they need, and nothing of the door's own code. Keys are taken as they go into a URL: unreserved characters and
 * `/`.
 */
import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { emptySha256, sha256Hex, sign } from './s3-signer.ts';

export type S3Target = {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The client's clock, where it is not the machine's. */
  readonly wallMs?: () => number;
};
export type S3Answer = {
  readonly status: number;
  readonly etag: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};
export type Listed = { readonly key: string; readonly bytes: number; readonly etag: string };

export type UploadedParts = { readonly etag: string; readonly partEtags: readonly string[] };

type Ask = {
  readonly method: string;
  /** With its query, sorted and encoded. */
  readonly target: string;
  readonly body?: Uint8Array;
  readonly headers?: readonly (readonly [string, string])[];
};

/** The store answered, and not with what was asked for. */
export class S3Refusal extends Error {
  readonly status: number;

  constructor({ method, target }: Ask, { status, body }: S3Answer) {
    super(`${method} ${target} was answered ${status}: ${body.toString().slice(0, 500)}`);
    this.status = status;
  }
}

/** For `catch`: what was thrown, if it is an answer of the store. */
export function refusal(error: unknown): S3Refusal {
  if (error instanceof S3Refusal) return error;
  throw error;
}

/** `using` closes its connections. */
export class S3Client {
  readonly #target: S3Target;
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(target: S3Target) {
    this.#target = target;
    this.#url = new URL(target.endpoint);
  }

  async createBucket(bucket: string): Promise<void> {
    await this.#expectOk({ method: 'PUT', target: `/${bucket}` });
  }

  /** Resolves with the ETag. */
  async put(bucket: string, key: string, body: Uint8Array): Promise<string> {
    return (await this.#expectOk({ method: 'PUT', target: `/${bucket}/${key}`, body })).etag;
  }

  /** Uploads in parts; resolves with the ETags of the whole and of its parts. */
  async putParts(bucket: string, key: string, parts: readonly Uint8Array[]): Promise<UploadedParts> {
    const target = `/${bucket}/${key}`;
    const created = await this.#expectOk({ method: 'POST', target: `${target}?uploads=` });
    const upload = textOf(created, 'UploadId');
    const partEtags: string[] = [];
    for (const [at, body] of parts.entries()) {
      const part = await this.#expectOk({
        method: 'PUT',
        target: `${target}?partNumber=${at + 1}&uploadId=${upload}`,
        body,
      });
      partEtags.push(part.etag);
    }
    const lines = partEtags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const body = Buffer.from(`<CompleteMultipartUpload>${lines.join('')}</CompleteMultipartUpload>`);
    const completed = await this.#expectOk({ method: 'POST', target: `${target}?uploadId=${upload}`, body });
    return { etag: textOf(completed, 'ETag'), partEtags };
  }

  async copy(bucket: string, from: string, to: string): Promise<string> {
    const headers = [['x-amz-copy-source', `/${bucket}/${from}`]] as const;
    return textOf(await this.#expectOk({ method: 'PUT', target: `/${bucket}/${to}`, headers }), 'ETag');
  }

  /** Undefined when there is no such object. */
  async get(bucket: string, key: string): Promise<S3Answer | undefined> {
    const ask = { method: 'GET', target: `/${bucket}/${key}` };
    const answer = await this.ask(ask);
    if (answer.status === 404 && answer.body.includes('<Code>NoSuchKey</Code>')) return undefined;
    return expectOk(ask, answer);
  }

  async delete(bucket: string, key: string): Promise<void> {
    await this.#expectOk({ method: 'DELETE', target: `/${bucket}/${key}` });
  }

  async list(bucket: string): Promise<Listed[]> {
    const listed: Listed[] = [];
    for (let query = 'list-type=2'; query !== ''; ) {
      const { body } = await this.#expectOk({ method: 'GET', target: `/${bucket}?${query}` });
      const text = body.toString();
      for (const [, entry = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) listed.push(listedIn(entry));
      const token = findText(text, 'NextContinuationToken');
      query = token === undefined ? '' : `continuation-token=${encodeURIComponent(token)}&list-type=2`;
    }
    return listed;
  }

  /** Any request; rejects when the connection ends before the answer is whole. */
  async ask({ method, target, body, headers = [] }: Ask): Promise<S3Answer> {
    const length = body === undefined ? [] : ([['content-length', String(body.byteLength)]] as const);
    const signed = sign(this.#target, {
      method,
      target,
      headers: [['host', this.#url.host], ...length, ...headers],
      payload: body === undefined ? emptySha256 : sha256Hex(body),
      amzDate: new Date(this.#target.wallMs?.() ?? Date.now()).toISOString().replace(/[-:]|\.\d+/g, ''),
    });
    const asking = request({
      host: this.#url.hostname,
      port: this.#url.port,
      agent: this.#agent,
      method,
      path: target,
    });
    for (const [name, value] of signed.headers) asking.setHeader(name, value);
    asking.on('error', () => undefined); // it rejects what is awaited below; later ones show as a body cut short
    asking.end(body);
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const { statusCode: status = 0, headers: received } = response;
    return { status, etag: received.etag ?? '', headers: received, body: await buffer(response) };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #expectOk(ask: Ask): Promise<S3Answer> {
    return expectOk(ask, await this.ask(ask));
  }
}

function expectOk(ask: Ask, answer: S3Answer): S3Answer {
  if (answer.status >= 300 || answer.body.includes('<Error>')) throw new S3Refusal(ask, answer);
  return answer;
}

function listedIn(entry: string): Listed {
  const text = (name: string) => findText(entry, name) ?? '';
  return { key: text('Key'), bytes: Number(text('Size')), etag: text('ETag') };
}

function textOf({ body }: S3Answer, name: string): string {
  const text = findText(body.toString(), name);
  if (text === undefined) throw new Error(`no ${name} in ${body.toString()}`);
  return text;
}

function findText(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>(.*?)</${name}>`).exec(xml)?.[1];
  return text?.replaceAll('&quot;', '"').replaceAll('&#34;', '"');
}
