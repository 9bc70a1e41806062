import { describe, expect, test } from 'vitest';
import {
  elementTexts,
  errorCode,
  startTestDoor,
  type TestDoor,
  type TestDoorOptions,
  testKey,
} from '../../test/support/s3-door.ts';
import { type HeaderList, presign, signedChunks } from '../../test/support/s3-signer.ts';
import { parsePolicy } from '../access/policy.ts';
import { systemClock } from '../base/clock.ts';
import { CopysetError } from '../base/errors.ts';
import { amzDate } from '../sigv4/amz-date.ts';
import { parseCors } from './cors.ts';

type Asked = {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
  headers: ReadonlyMap<string, string>;
};

/** One request as it is, signed or not. */
async function send(
  door: TestDoor,
  [method, target]: readonly [string, string],
  options: { headers?: HeaderList; body?: Uint8Array | string } = {},
): Promise<Asked> {
  const { headers = [], body = '' } = options;
  const connection = await door.connect();
  try {
    const length = ['content-length', String(Buffer.byteLength(body))] as const;
    connection.sendHead(method, target, [['host', 'test'], length, ...headers]);
    connection.send(body);
    const reply = await connection.receive(method);
    const text = reply.body.toString();
    return { status: reply.status, headers: reply.headers, text, code: errorCode({ text }) };
  } finally {
    connection.end();
  }
}

function presigned(
  method: string,
  target: string,
  options: { payload?: string; query?: HeaderList; expires?: string } = {},
) {
  const { payload = 'UNSIGNED-PAYLOAD' } = options;
  const now = amzDate(systemClock.wallMs());
  return presign(testKey, { method, target, headers: [['host', 'test']], payload, amzDate: now }, options);
}

describe('a presigned URL', () => {
  test('puts and gets, with what its query says as headers', async () => {
    await using door = await startTestDoor();
    const put = presigned('PUT', '/bucket/key', { query: [['x-amz-meta-a', 'b']] });
    expect(await send(door, ['PUT', put.target], { body: 'hello' })).toMatchObject({ status: 200 });
    const got = await send(door, ['GET', presigned('GET', '/bucket/key').target]);
    expect([got.status, got.text, got.headers.get('x-amz-meta-a')]).toEqual([200, 'hello', 'b']);
    expect(door.records[0]).toMatchObject({ operation: 'PutObject', accessKeyId: testKey.accessKeyId });
  });

  test('is for one method, one key and the checksum that it names', async () => {
    await using door = await startTestDoor();
    const { target } = presigned('PUT', '/bucket/key', { query: [['x-amz-checksum-crc32', 'AAAAAA==']] });
    expect((await send(door, ['GET', target])).code).toBe('SignatureDoesNotMatch');
    expect((await send(door, ['PUT', target.replace('key', 'other')])).code).toBe('SignatureDoesNotMatch');
    expect((await send(door, ['PUT', target], { body: 'hello' })).code).toBe('BadDigest');
    expect(await door.keys()).toEqual([]);
    expect((await send(door, ['PUT', target])).status).toBe(200);
  });

  test('carries signed chunks, each checked', async () => {
    await using door = await startTestDoor();
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    const query = [
      ['X-Amz-Content-Sha256', payload],
      ['x-amz-decoded-content-length', '5'],
    ] as const;
    const { target, seed } = presigned('PUT', '/bucket/key', { payload, query });
    const body = signedChunks(seed, [Buffer.from('hello')]);
    const forged = Buffer.from(body.toString('latin1').replace('hello', 'hellO'), 'latin1');
    expect((await send(door, ['PUT', target], { body: forged })).code).toBe('SignatureDoesNotMatch');
    expect(await door.keys()).toEqual([]);
    expect((await send(door, ['PUT', target], { body })).status).toBe(200);
  });

  test('is refused, and the record says for what it was', async () => {
    await using door = await startTestDoor();
    const { target } = presigned('PUT', '/bucket/key', { query: [['x-amz-copy-source', 'bucket/other']] });
    expect((await send(door, ['PUT', `${target.slice(0, -64)}${'0'.repeat(64)}`])).code).toBe('SignatureDoesNotMatch');
    expect(door.records).toMatchObject([
      { action: 's3:PutObject', accessKeyId: testKey.accessKeyId, code: 'SignatureDoesNotMatch', operation: undefined },
    ]);
  });
});

const everybody = { Effect: 'Allow', Principal: '*' };

function policyText(statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** A door whose bucket `bucket` has a policy of these statements. */
function doorWithPolicy(statements: readonly object[]): Promise<TestDoor> {
  const policy = parsePolicy(policyText(statements), 'bucket');
  return startTestDoor({ policyOf: async (bucket) => (bucket === 'bucket' ? policy : undefined) });
}

describe('anonymous requests', () => {
  const publicRead = {
    ...everybody,
    Action: ['s3:GetObject', 's3:ListBucket'],
    Resource: ['arn:aws:s3:::bucket', 'arn:aws:s3:::bucket/open/*'],
  };

  test('reach what the policy of the bucket allows, and nothing else', async () => {
    await using door = await doorWithPolicy([publicRead]);
    await door.put('/bucket/open/key', 'hello');
    await door.put('/bucket/closed/key', 'secret');
    expect(await send(door, ['GET', '/bucket/open/key'])).toMatchObject({ status: 200, text: 'hello' });
    expect((await send(door, ['HEAD', '/bucket/open/key'])).status).toBe(200);
    expect((await send(door, ['GET', '/bucket?list-type=2'])).text).toContain('closed/key');
    for (const [method, target] of [
      ['GET', '/bucket/closed/key'],
      ['PUT', '/bucket/open/key'],
      ['DELETE', '/bucket/open/key'],
      ['DELETE', '/bucket'],
      ['GET', '/'],
      ['GET', '/other/open/key'],
      ['GET', '/bucket?uploads'],
    ] as const) {
      expect([method, target, (await send(door, [method, target])).code]).toEqual([method, target, 'AccessDenied']);
    }
  });

  test('of two sides need both: a copy may not read what its sender may not', async () => {
    const write = { ...everybody, Action: 's3:PutObject', Resource: 'arn:aws:s3:::bucket/*' };
    await using door = await doorWithPolicy([publicRead, write]);
    await door.put('/bucket/open/key', 'hello');
    await door.put('/bucket/closed/key', 'secret');
    const copy = (source: string) =>
      send(door, ['PUT', '/bucket/open/copy'], { headers: [['x-amz-copy-source', source]] });
    expect((await copy('bucket/closed/key')).code).toBe('AccessDenied');
    expect((await copy('other/open/key')).code).toBe('AccessDenied');
    expect((await copy('bucket/open/key')).status).toBe(200);
  });

  const deletion = (keys: readonly string[]) =>
    `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;

  test('delete of many only those that each may be deleted', async () => {
    const some = { ...everybody, Action: 's3:DeleteObject', Resource: 'arn:aws:s3:::bucket/open/*' };
    const but = { ...some, Effect: 'Deny', Resource: 'arn:aws:s3:::bucket/open/kept' };
    await using door = await doorWithPolicy([some, but]);
    const keys = ['open/key', 'open/kept', 'closed/key'];
    for (const key of keys) await door.put(`/bucket/${key}`, 'hello');
    const { status, text } = await send(door, ['POST', '/bucket?delete'], { body: deletion(keys) });
    expect([status, elementTexts(text, 'Key'), elementTexts(text, 'Code')]).toEqual([
      200,
      keys,
      ['AccessDenied', 'AccessDenied'],
    ]);
    expect(await door.keys()).toEqual(['closed/key', 'open/kept']);
  });

  test('delete no version of many where only the key may be deleted', async () => {
    const some = { ...everybody, Action: 's3:DeleteObject', Resource: 'arn:aws:s3:::bucket/*' };
    await using door = await doorWithPolicy([some]);
    await door.put('/bucket/key', 'hello');
    const body = '<Delete><Object><Key>key</Key><VersionId>null</VersionId></Object></Delete>';
    expect((await send(door, ['POST', '/bucket?delete'], { body })).code).toBe('AccessDenied');
    expect(await door.keys()).toEqual(['key']);
  });

  test.each([
    ['nothing is said of deletion', publicRead],
    ['deletion is denied', { ...everybody, Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::bucket/*' }],
    ['only the bucket is named', { ...everybody, Action: 's3:*', Resource: 'arn:aws:s3:::bucket' }],
  ])('do not get to name keys to delete where %s', async (_, statement) => {
    await using door = await doorWithPolicy([statement]);
    await door.put('/bucket/key', 'hello');
    const refused = await send(door, ['POST', '/bucket?delete'], { body: deletion(['key']) });
    expect([refused.status, refused.code]).toEqual([403, 'AccessDenied']);
    expect(await door.keys()).toEqual(['key']);
  });

  test('with a body that claims chunk signatures are nobody', async () => {
    const write = { ...everybody, Action: 's3:PutObject', Resource: 'arn:aws:s3:::bucket/*' };
    await using door = await doorWithPolicy([write]);
    const headers = [['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']] as const;
    expect((await send(door, ['PUT', '/bucket/key'], { headers })).code).toBe('AccessDenied');
    expect((await send(door, ['PUT', '/bucket/key'], { body: 'hello' })).status).toBe(200);
  });

  test('are judged by one reading of the policy', async () => {
    const asked: string[] = [];
    const policyOf = async (bucket: string) => {
      asked.push(bucket);
      return bucket === 'bucket' ? parsePolicy(policyText([publicRead]), bucket) : undefined;
    };
    await using door = await startTestDoor({ policyOf });
    await send(door, ['PUT', '/bucket/key'], { headers: [['x-amz-copy-source', 'other/key']] });
    expect(asked).toEqual(['bucket', 'other']);
  });

  test('meet a closed door where the policy cannot be understood', async () => {
    await using door = await startTestDoor({ policyOf: async (bucket) => parsePolicy('{}', bucket) });
    expect((await send(door, ['GET', '/bucket/key'])).code).toBe('AccessDenied');
    expect(door.records[0]?.error?.message).toContain('cannot be understood');
  });

  test('meet a closed door where the policy cannot be read; the root does not ask for it', async () => {
    const policyOf = async () => {
      throw new CopysetError('kv.unreachable', 'no catalog');
    };
    await using door = await startTestDoor({ policyOf });
    expect((await send(door, ['GET', '/bucket/key'])).code).toBe('ServiceUnavailable');
    expect((await door.put('/bucket/key', 'hello')).status).toBe(200);
  });
});

describe('a host under a configured domain', () => {
  test('names the bucket, in every signed form; others are path style', async () => {
    await using door = await startTestDoor({ domains: ['s3.test'] });
    await door.site.store.createBucket('my.dotted.bucket', { set: {} });
    const host = ['host', 'my.dotted.bucket.s3.test:9000'] as const;
    expect((await door.put('/a/key', 'hello', [host])).status).toBe(200);
    expect((await door.get('/my.dotted.bucket/a/key')).text).toBe('hello');
    expect((await door.get('/my.dotted.bucket/a/key', [['host', 's3.test']])).text).toBe('hello');
    expect((await door.get('/?list-type=2', [host])).text).toContain('<Key>a/key</Key>');
    expect(errorCode(await door.get('/key', [['host', 'none.s3.test']]))).toBe('NoSuchBucket');
    expect(errorCode(await door.get('/key', [['host', 'NO_.s3.test']]))).toBe('InvalidBucketName');
  });
});

const asking = [
  ['origin', 'https://example.com'],
  ['access-control-request-method', 'GET'],
] as const;

describe('pages of other origins', () => {
  const rules = parseCors([
    Buffer.from(
      '<CORSConfiguration><CORSRule><AllowedOrigin>https://example.com</AllowedOrigin>' +
        '<AllowedMethod>GET</AllowedMethod><ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>',
    ),
  ]);
  const options: TestDoorOptions = { corsOf: async (bucket) => (bucket === 'bucket' ? rules : undefined) };

  test('hear nothing where there are no rules', async () => {
    await using door = await startTestDoor();
    const refused = await send(door, ['OPTIONS', '/bucket/key'], { headers: asking });
    expect([refused.status, refused.code]).toEqual([403, 'AccessForbidden']);
    expect(refused.text).toContain('CORSResponse: CORS is not enabled for this bucket.');
    const answers = [refused, await door.get('/', [asking[0]])];
    for (const { headers } of answers)
      expect([...headers.keys()].filter((name) => name.startsWith('access-'))).toEqual([]);
  });

  test('are told what the rules of the bucket grant, without a signature', async () => {
    await using door = await startTestDoor(options);
    const granted = await send(door, ['OPTIONS', '/bucket/key'], { headers: asking });
    expect([granted.status, granted.headers.get('access-control-allow-origin')]).toEqual([200, 'https://example.com']);
    expect((await send(door, ['OPTIONS', '/other/key'], { headers: asking })).code).toBe('AccessForbidden');
    expect((await send(door, ['OPTIONS', '/'], { headers: asking })).code).toBe('AccessForbidden');
    expect((await send(door, ['OPTIONS', '/bucket/key'])).code).toBe('InvalidRequest');
    expect(door.records.map(({ operation }) => operation)).toEqual(['Preflight', undefined, undefined, undefined]);
  });

  test('read answers and refusals alike', async () => {
    await using door = await startTestDoor(options);
    await door.put('/bucket/key', 'hello');
    const answers = [
      await door.get('/bucket/key', [asking[0]]),
      await door.get('/bucket/none', [asking[0]]),
      await send(door, ['GET', '/bucket/key'], { headers: [asking[0]] }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 403]);
    for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).toBe('https://example.com');
    const put = await door.put('/bucket/key', 'hello', [asking[0]]);
    expect(put.headers.has('access-control-allow-origin')).toBe(false);
  });
});
