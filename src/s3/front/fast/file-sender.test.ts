import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Libc, libc, linuxErrors } from '../../../base/libc.ts';
import { seededRandom } from '../../../base/random.ts';
import { FileSender } from './file-sender.ts';
import { takeHandle } from './socket-handle.ts';
import { WriteBuffer, Writer } from './writer.ts';

const content = seededRandom(1).bytes(12 * 2 ** 20 + 12_345);

describe.runIf(libc !== undefined)('a file is sent by the kernel', () => {
  let directory: string;
  let fd: number;
  let client: Socket;
  let socket: Socket;
  let sender: (own?: Partial<Libc>) => FileSender;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'copyset-sender-'));
    writeFileSync(join(directory, 'file'), content);
    fd = openSync(join(directory, 'file'), 'r+');
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const handle = takeHandle(accepted);
    socket = new Socket({ handle } as object);
    socket.on('error', () => undefined);
    const writer = new Writer(socket, new WriteBuffer());
    sender = (own = {}) => new FileSender({ libc: { ...(libc as Libc), ...own }, socket, handle, writer });
    server.close();
  });
  afterEach(async () => {
    socket.destroy();
    client.destroy();
    closeSync(fd);
    await rm(directory, { recursive: true });
  });

  const patiently = async (pending: Promise<void>) => pending;
  const whole = () => ({ fd, position: 0, bytes: content.byteLength });

  async function received(): Promise<Buffer> {
    const got: Buffer[] = [];
    for await (const bytes of client) got.push(bytes as Buffer);
    return Buffer.concat(got);
  }

  test('whole and in order, behind its head and before what follows, to a client that is slow to read', async () => {
    client.pause();
    const sent = sender().send('head\r\n', whole(), patiently);
    await sleep(50);
    const all = received();
    expect(await sent).toBe(content.byteLength);
    expect(await sender().send('', { fd, position: 5, bytes: 3 }, patiently)).toBe(3);
    socket.end('tail');
    const expected = [Buffer.from('head\r\n'), content, content.subarray(5, 8), Buffer.from('tail')];
    expect((await all).equals(Buffer.concat(expected))).toBe(true);
  });

  test('whole and in order through a socket that is full at every other call', async () => {
    const calm = libc as Libc;
    let calls = 0;
    const full: Libc['sendfile'] = (to, span) =>
      ++calls % 2 === 0 ? calm.sendfile(to, { ...span, bytes: Math.min(span.bytes, 300_001) }) : linuxErrors.again;
    const all = received();
    expect(await sender({ sendfile: full }).send('head', whole(), patiently)).toBe(content.byteLength);
    socket.end();
    expect((await all).equals(Buffer.concat([Buffer.from('head'), content]))).toBe(true);
    expect(calls).toBeGreaterThan(50);
  });

  test('behind what was written to the socket before and has not left', async () => {
    client.pause();
    const before = seededRandom(2).bytes(2 ** 24);
    socket.write(before);
    const sent = sender().send('head', { fd, position: 0, bytes: 1000 }, patiently);
    const all = received();
    expect(await sent).toBe(1000);
    socket.end();
    expect((await all).equals(Buffer.concat([before, Buffer.from('head'), content.subarray(0, 1000)]))).toBe(true);
  });

  test('up to what is not in memory', async () => {
    let asked = 0;
    const all = received();
    const sent = await sender({ isResident: () => ++asked <= 2 }).send('head', whole(), patiently);
    expect(sent).toBe(2 * 2 ** 20);
    socket.end();
    expect((await all).equals(Buffer.concat([Buffer.from('head'), content.subarray(0, sent)]))).toBe(true);
  });

  test('not beyond its end', async () => {
    client.resume();
    ftruncateSync(fd, 1000);
    const isResident = () => true;
    const sent = sender({ isResident }).send('', whole(), patiently);
    await expect(sent).rejects.toMatchObject({ code: 'disk.io' });
  });

  test('never to a client that went away', async () => {
    client.pause();
    const sent = Promise.resolve(sender().send('', whole(), patiently));
    sent.catch(() => undefined);
    await sleep(20);
    client.destroy();
    await expect(sent).rejects.toMatchObject({ code: 'request.aborted' });
    socket.destroy();
    await expect(async () => sender().send('head', whole(), patiently)).rejects.toMatchObject({
      code: 'request.aborted',
    });
  });
});
