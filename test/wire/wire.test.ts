import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { s3Codes } from '../../src/s3/errors.ts';
import { operations } from '../../src/s3/operations/operations.ts';
import type { AnyOperation } from '../../src/s3/router/route-table.ts';
import type { RawResponse } from '../support/raw-http.ts';
import { type DocumentCodes, documentDefects } from './defects/document-defects.ts';
import { framingDefects } from './defects/framing-defects.ts';
import { goodPayloads, payloadDefects, unwantedBody } from './defects/payload-defects.ts';
import { presignedDefects } from './defects/presigned-defects.ts';
import { signatureDefects } from './defects/signature-defects.ts';
import { draftOf } from './draft.ts';
import { bytesOf, type Defect, otherLastDigit, type Wire, withHeader } from './wire.ts';
import { WireStore } from './wire-store.ts';

const routes: readonly AnyOperation[] = operations;
const takingBodies = routes.filter(({ body }) => body !== 'none');
const takingDocuments = routes.filter(({ body }) => body === 'document');
const takingNone = routes.filter(({ body }) => body === 'none');
const byName = (route: AnyOperation) => [route.name, route] as const;

let folder: string;
let store: WireStore;
let slowLoris: Promise<RawResponse>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-wire-'));
  store = await WireStore.start(join(folder, 'store'));
  slowLoris = beginSlowLoris();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The code that a refusal shows; of a HEAD, which has no body, its status. */
function shown({ method }: Wire, { status, body }: RawResponse): string {
  if (method === 'HEAD') return String(status);
  return /<Code>(.*?)<\/Code>/.exec(body.toString())?.[1] ?? `${status} without a code`;
}

function wanted({ method }: Wire, { code }: Defect): string {
  return method === 'HEAD' ? String(s3Codes[code].status) : code;
}

/**
 * Puts one route to all defects: each is answered with its code and the next request is served; in the end nothing that
 * the store tells has changed. What is written has a time and a version of its own, so that nothing can be undone
 * unseen.
 */
async function attack(route: AnyOperation, defects: readonly Defect[]): Promise<void> {
  const digest = await store.digest();
  const served = await store.serve();
  const seen: Record<string, string> = {};
  const expected: Record<string, string> = {};
  for (const defect of defects) {
    const wire = defect.wire(draftOf(route, store.names), store.signer);
    const reply = await store.send(wire).then((each) => shown(wire, each), String);
    const next = await store.serve();
    seen[defect.name] = next === served ? reply : `${reply}, and then ${next}`;
    expected[defect.name] = wanted(wire, defect);
  }
  expect(seen).toEqual(expected);
  expect(await store.digest()).toEqual(digest);
}

describe('a signature that is wrong', () => {
  test.concurrent.each(routes.map(byName))('in the header: %s', (_, route) => attack(route, signatureDefects));
  test.concurrent.each(routes.map(byName))('in the query: %s', (_, route) => attack(route, presignedDefects));
});

/** Where a checksum in the head is of the object that comes to be, it says nothing of the body. */
function payloadDefectsOf(route: AnyOperation): readonly Defect[] {
  const isOfObject = 'checksumIsOfObject' in route;
  return payloadDefects.filter(({ isHeadChecksum = false }) => !(isOfObject && isHeadChecksum));
}

describe('a body that is not what was promised', () => {
  test.concurrent.each(takingBodies.map(byName))('%s', (_, route) => attack(route, payloadDefectsOf(route)));
  test.concurrent.each(takingNone.map(byName))('where none is taken: %s', (_, route) => attack(route, [unwantedBody]));
});

describe('a request that is no HTTP', () => {
  test.concurrent.each(routes.map(byName))('%s', (_, route) => attack(route, framingDefects));
});

/** All documents are XML but policies; what is kept as text is read as text first. */
function codesOf({ name }: AnyOperation): DocumentCodes {
  return {
    malformed: name.includes('Policy') ? 'MalformedPolicy' : 'MalformedXML',
    notText: /Policy|Cors/.test(name) ? 'InvalidRequest' : 'MalformedXML',
  };
}

describe('a document that is none', () => {
  test.concurrent.each(takingDocuments.map(byName))('%s', (_, route) => attack(route, documentDefects(codesOf(route))));
});

describe('a client that goes away', () => {
  test.concurrent.each(takingBodies.map(byName))('in the middle of the body of %s leaves nothing', async (_, route) => {
    const before = await store.digest();
    const draft = draftOf(route, store.names);
    const headers = draft.headers.filter(([name]) => name !== 'content-length');
    const connection = await store.connect();
    connection.send(bytesOf(store.signer.signed({ ...draft, headers: [...headers, ['content-length', '1000']] })));
    await systemClock.sleep(20);
    connection.end();
    await systemClock.sleep(20);
    expect(await store.digest()).toEqual(before);
  });

  test('in the middle of its head is told that its time is over', async () => {
    const reply = await slowLoris;
    expect(shown({ method: 'GET' } as Wire, reply)).toBe('RequestTimeout');
  });
});

async function beginSlowLoris(): Promise<RawResponse> {
  const connection = await store.connect();
  const answer = connection.receive();
  let isAnswered = false;
  const settled = () => {
    isAnswered = true;
  };
  answer.then(settled, settled);
  connection.send('GET / HTTP/1.1\r\nHost: wire.test\r\n');
  for (let at = 0; !isAnswered; at++) {
    connection.send(`X-${at}: x\r\n`);
    await systemClock.sleep(500);
  }
  return await answer;
}

describe('on one connection', () => {
  test.concurrent.each(routes.map(byName))(
    'the refusal of %s and what follows are answered in turn',
    async (_, route) => {
      const { signer } = store;
      const good = signer.signed(draftOf(routes[0] as AnyOperation, store.names));
      const draft = { ...draftOf(route, store.names), body: Buffer.alloc(0) };
      const empty = { ...draft, headers: draft.headers.filter(([name]) => name !== 'content-length') };
      const bad = withHeader(signer.signed(empty), 'authorization', otherLastDigit);
      const connection = await store.connect();
      connection.send(Buffer.concat([bad, good, bad, good].map(bytesOf)));
      for (const wire of [bad, good, bad, good]) {
        const { status } = await connection.receive(wire.method);
        expect(status).toBe(wire === good ? 200 : 403);
      }
      connection.end();
    },
  );

  test('a client that is told to wait hears nothing but the refusal', async () => {
    const draft = { method: 'PUT', target: '/wire/key', headers: [['content-length', '5'] as const] };
    const signed = store.signer.signed({
      ...draft,
      headers: [...draft.headers, ['expect', '100-continue']],
      body: Buffer.alloc(0),
      payload: 'UNSIGNED-PAYLOAD',
    });
    const refused = await store.send(withHeader(signed, 'authorization', otherLastDigit));
    expect([refused.status, refused.interim]).toEqual([403, []]);
  });
});

/** They change what the store holds, so they come last; a suite whose good requests fail shows nothing. */
describe('the same bodies as they should be', () => {
  const codesOfPayloads = new Set(payloadDefects.map(({ code }) => code as string));
  codesOfPayloads.delete('InvalidRequest');
  const cases = takingBodies.flatMap((route) => Object.keys(goodPayloads).map((mode) => [route.name, mode] as const));

  test.each(cases)('%s, %s', async (name, mode) => {
    const route = routes.find((each) => each.name === name) as AnyOperation;
    const wire = goodPayloads[mode]?.(draftOf(route, store.names), store.signer) as Wire;
    const reply = await store.send(wire);
    if (route.body === 'object') expect([reply.status, reply.body.toString()]).toEqual([200, '']);
    else expect(codesOfPayloads).not.toContain(shown(wire, reply));
  });
});
