/** Why: the S3 door over a site in memory, spoken to over real sockets, as the tests of the door need it. */
import type { AccessKey } from '../../src/access/credentials.ts';
import { rootCredentials } from '../../src/access/credentials.ts';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Kv } from '../../src/kv/kv.ts';
import { createLog } from '../../src/observe/log.ts';
import { bucketRules } from '../../src/s3/bucket-rules.ts';
import { defaultRegion } from '../../src/s3/region.ts';
import type { RequestRecord } from '../../src/s3/request-log.ts';
import { type S3Options, type S3Server, startS3 } from '../../src/s3/server.ts';
import { startDoorThreads } from '../../src/server/door/door-threads.ts';
import { amzDate } from '../../src/sigv4/amz-date.ts';
import { type MemorySite, type MemorySiteOptions, startMemorySite } from './memory-site.ts';
import { RawConnection, type RawResponse } from './raw-http.ts';
import { isRemote } from './remote-store.ts';
import { emptySha256, type HeaderList, type Signed, sha256Hex, sign } from './s3-signer.ts';

export const testKey: AccessKey = { accessKeyId: 'AKIDTEST', secretAccessKey: 'a-secret-of-the-test' };

export type Ask = {
  readonly method: string;
  readonly target: string;
  readonly headers?: HeaderList;
  readonly body?: Uint8Array | string;
  /** Instead of the hash of the body. */
  readonly payload?: string;
};

export class TestDoor {
  readonly site: MemorySite;
  readonly server: S3Server;
  readonly records: RequestRecord[];

  constructor(site: MemorySite, server: S3Server, records: RequestRecord[]) {
    this.site = site;
    this.server = server;
    this.records = records;
  }

  connect(): Promise<RawConnection> {
    return RawConnection.open(this.server.address.port);
  }

  /** Signed now; the body's length is announced, unless the headers say how it comes. */
  sign({ method, target, headers = [], body = '', payload }: Ask): Signed {
    const bytes = Buffer.from(body);
    const isFramed = headers.some(([name]) => name === 'content-length' || name === 'transfer-encoding');
    const needsLength = !isFramed && (bytes.byteLength > 0 || method === 'PUT');
    const host = headers.some(([name]) => name === 'host') ? [] : [['host', 'test'] as const];
    const length = needsLength ? [['content-length', String(bytes.byteLength)] as const] : [];
    return sign(testKey, {
      method,
      target,
      headers: [...host, ...length, ...headers],
      payload: payload ?? (bytes.byteLength === 0 ? emptySha256 : sha256Hex(bytes)),
      amzDate: amzDate(systemClock.wallMs()),
    });
  }

  /** One request on a connection of its own. */
  async ask(ask: Ask): Promise<RawResponse & { readonly text: string }> {
    const connection = await this.connect();
    try {
      connection.sendHead(ask.method, ask.target, this.sign(ask).headers);
      if (ask.body !== undefined) connection.send(ask.body);
      const response = await connection.receive(ask.method);
      return { ...response, text: response.body.toString() };
    } finally {
      connection.end();
    }
  }

  get(target: string, headers: HeaderList = []) {
    return this.ask({ method: 'GET', target, headers });
  }

  post(target: string, body: Uint8Array | string = '', headers: HeaderList = []) {
    return this.ask({ method: 'POST', target, body, headers });
  }

  head(target: string, headers: HeaderList = []) {
    return this.ask({ method: 'HEAD', target, headers });
  }

  delete(target: string, headers: HeaderList = []) {
    return this.ask({ method: 'DELETE', target, headers });
  }

  put(target: string, body: Uint8Array | string, headers: HeaderList = []) {
    return this.ask({ method: 'PUT', target, body, headers });
  }

  /** Until it has recorded so many requests: a reply may be there before. */
  async recorded(requests: number): Promise<void> {
    while (this.records.length < requests) await systemClock.sleep(5);
  }

  /** Of the bucket `bucket`, as the store has them. */
  async keys(): Promise<string[]> {
    const page = await this.site.store.list('bucket', { prefix: '', delimiter: '', after: '', limit: 1000 });
    return page.objects.map(({ key }) => key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.abort();
  }
}

export type TestDoorOptions = Pick<S3Options, 'limits' | 'domains' | 'policyOf' | 'corsOf' | 'front'> & {
  readonly port?: number;
  readonly kv?: Kv;
  /** The budget for bodies. */
  readonly memory?: MemoryOptions;
};

type MemoryOptions = Pick<
  MemorySiteOptions,
  'memoryBytes' | 'smallBytes' | 'keptForSmallBytes' | 'maxWaitMs' | 'turnBytes'
>;

export type StartDoor = (options?: TestDoorOptions) => Promise<TestDoor>;

/** A door with the bucket `bucket`. */
export async function startTestDoor(options: TestDoorOptions = {}): Promise<TestDoor> {
  const { port = 0, kv, memory = {}, ...rest } = options;
  const site = await startMemorySite({ volumes: 4, ...memory, ...(kv === undefined ? {} : { kv }) });
  await site.store.createBucket('bucket', { set: { blockBytes: 2 ** 20 } });
  const records: RequestRecord[] = [];
  const parts = {
    store: site.store,
    clock: systemClock,
    log: (record: RequestRecord) => void records.push(record),
    listen: { host: '127.0.0.1', port },
    waiting: () => site.context.memory.waiting,
  };
  const server = servesByThreads(rest) ? await startByThreads(parts, rest) : await startHere(parts, rest);
  return new TestDoor(site, server, records);
}

type DoorParts = Pick<S3Options, 'store' | 'clock' | 'log' | 'listen'> & { readonly waiting: () => number };
type DoorChoices = Omit<TestDoorOptions, 'port' | 'kv' | 'memory'>;

function startHere(parts: DoorParts, choices: DoorChoices): Promise<S3Server> {
  return startS3({
    ...parts,
    credentials: rootCredentials(testKey),
    random: seededRandom(1),
    sharesBodies: isRemote(),
    ...bucketRules(parts.store),
    ...choices,
  });
}

/** COPYSET_TEST_DOOR says so; a rule that a test makes up cannot be sent there. */
function servesByThreads({ policyOf, corsOf }: DoorChoices): boolean {
  return process.env.COPYSET_TEST_DOOR === 'thread' && policyOf === undefined && corsOf === undefined;
}

function startByThreads({ log, ...parts }: DoorParts, { front = 'auto', domains = [], limits = {} }: DoorChoices) {
  const silent = createLog({ level: 'error', clock: parts.clock, write: () => undefined });
  const options = { ...parts, front, domains, limits, region: defaultRegion, key: testKey };
  return startDoorThreads({ ...options, threads: 1, record: log, log: silent });
}

/** The code of an error document. */
export function errorCode({ text }: { readonly text: string }): string | undefined {
  return /<Code>(.*?)<\/Code>/.exec(text)?.[1];
}

/** Texts of all elements with this name, as written. */
export function elementTexts(document: string, name: string): string[] {
  return [...document.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) => match[1] as string);
}
