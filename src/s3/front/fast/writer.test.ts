import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { smallBytes, WriteBuffer, Writer } from './writer.ts';

let server: Server;
const open: Socket[] = [];

beforeEach(async () => {
  server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  server.close();
});

/** One end writes, the other reads when it is told to. */
async function connected(): Promise<{ readonly writing: Socket; readonly reading: Socket }> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const writing = new Socket().connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [reading] = await accepted;
  await once(writing, 'ready');
  open.push(writing, reading);
  return { writing, reading };
}

async function readAll(reading: Socket): Promise<Buffer> {
  return Buffer.concat((await Array.fromAsync(reading)) as Buffer[]);
}

test('what the kernel has not taken yet stays as it is, though others write from the same memory', async () => {
  const buffer = new WriteBuffer();
  const [slow, quick] = [await connected(), await connected()];
  const [slowWriter, quickWriter] = [new Writer(slow.writing, buffer), new Writer(quick.writing, buffer)];
  const sent: Buffer[] = [];
  let pending: Promise<void> | undefined;
  while (pending === undefined) {
    const body = Buffer.from(seededRandom(sent.length).bytes(smallBytes));
    pending = slowWriter.write('head', body);
    sent.push(Buffer.from('head'), body);
  }
  const other = Buffer.alloc(smallBytes, 7);
  await quickWriter.write('head', other);
  slow.writing.end();
  quick.writing.end();
  expect((await readAll(slow.reading)).equals(Buffer.concat(sent))).toBe(true);
  expect((await readAll(quick.reading)).equals(Buffer.concat([Buffer.from('head'), other]))).toBe(true);
  await pending;
});
