/** Why: the store that is attacked is the product as a user starts it; what it holds is seen only as clients see it. */
import { raceAbort } from '../../src/base/async/abort.ts';
import { deadline, systemClock } from '../../src/base/clock.ts';
import { operations } from '../../src/s3/operations/operations.ts';
import type { AnyOperation } from '../../src/s3/router/route-table.ts';
import { S3Client } from '../support/client.ts';
import { type DevProcess, startDev } from '../support/dev-process.ts';
import { RawConnection, type RawResponse } from '../support/raw-http.ts';
import { draftOf, emptyBucket, type Names, wireBucket } from './draft.ts';
import { bytesOf, Signer, type Wire } from './wire.ts';

const answerTimeoutMs = 20_000;

export class WireStore {
  readonly signer: Signer;
  readonly names: Names;
  readonly #dev: DevProcess;
  readonly #client: S3Client;

  private constructor(dev: DevProcess, client: S3Client, names: Names) {
    this.#dev = dev;
    this.#client = client;
    this.names = names;
    this.signer = new Signer(dev.ready);
  }

  /** A store with two buckets, two objects and an upload with one part. */
  static async start(directory: string): Promise<WireStore> {
    const dev = await startDev(directory);
    const client = new S3Client(dev.ready);
    for (const bucket of [wireBucket, emptyBucket]) await client.createBucket(bucket);
    for (const key of ['key', 'other']) await client.put(wireBucket, key, Buffer.from(`the bytes of ${key}`));
    const target = `/${wireBucket}/key`;
    const created = await client.ask({ method: 'POST', target: `${target}?uploads=` });
    const uploadId = /<UploadId>(.*?)</.exec(created.body.toString())?.[1] ?? '';
    await client.ask({
      method: 'PUT',
      target: `${target}?partNumber=1&uploadId=${uploadId}`,
      body: Buffer.from('one'),
    });
    return new WireStore(dev, client, { uploadId });
  }

  get port(): number {
    return Number(new URL(this.#dev.ready.endpoint).port);
  }

  connect(): Promise<RawConnection> {
    return RawConnection.open(this.port);
  }

  /** Sends it on a connection of its own; resolves with the answer. */
  async send(wire: Wire): Promise<RawResponse> {
    const connection = await this.connect();
    try {
      connection.send(bytesOf(wire));
      if (wire.halfClose) connection.halfClose();
      using tooLate = deadline(systemClock, answerTimeoutMs, 'the answer');
      return await raceAbort(connection.receive(wire.method), tooLate.signal);
    } finally {
      connection.end();
    }
  }

  /** The status that these bytes are answered with; undefined when the connection is cut without an answer. */
  async statusOf(raw: Buffer): Promise<number | undefined> {
    const connection = await this.connect();
    try {
      connection.send(raw);
      connection.halfClose();
      using tooLate = deadline(systemClock, answerTimeoutMs, 'the answer');
      const ended = connection.closed().then(() => undefined);
      const answer = connection.receive().then(({ status }) => status);
      answer.catch(() => undefined); // it is `ended` that tells of an end without an answer
      return await raceAbort(Promise.race([answer.catch(() => ended), ended]), tooLate.signal);
    } finally {
      connection.end();
    }
  }

  /** Keys and ETags, whenever they were written. */
  contents(): Promise<unknown> {
    return this.#client.list(wireBucket);
  }

  /** What the next request is answered with. */
  async serve(): Promise<string> {
    const { status, etag, body } = await this.#client.ask({ method: 'GET', target: `/${wireBucket}/key` });
    return `${status} ${etag} ${body.toString()}`;
  }

  /**
   * What the store tells of all that is in it: every GET of the route table, listings of keys, versions, ETags, times,
   * uploads and parts among them; by name of the operation.
   */
  async digest(): Promise<Readonly<Record<string, string>>> {
    const told: Record<string, string> = {};
    for (const operation of readers) {
      const { status, etag, body } = await this.#client.ask(draftOf(operation, this.names));
      const text = body.toString('latin1').replace(/<RequestId>.*?<\/RequestId>/, '');
      told[operation.name] = `${status} ${etag} ${text}`;
    }
    return told;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await this.#dev[Symbol.asyncDispose]();
  }
}

const readers: readonly AnyOperation[] = operations.filter(({ method }) => method === 'GET');
