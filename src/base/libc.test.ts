import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forgetPages } from '../../test/support/forget-pages.ts';
import { systemClock } from './clock.ts';
import { type Libc, libc, linuxErrors, loadLibc } from './libc.ts';
import { seededRandom } from './random.ts';

test('another system has none', () => {
  expect(loadLibc('darwin')).toBeUndefined();
});

describe.runIf(libc !== undefined)('the calls of the kernel', () => {
  const calls = libc as Libc;
  const content = seededRandom(1).bytes(300_000);
  let directory: string;
  let fd: number;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'copyset-libc-'));
    writeFileSync(join(directory, 'file'), content);
    fd = openSync(join(directory, 'file'), 'r');
  });
  afterEach(async () => {
    closeSync(fd);
    await rm(directory, { recursive: true });
  });

  async function pair(): Promise<{ client: Socket; accepted: Socket; socket: number; close: () => Promise<void> }> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const socket = (accepted as unknown as { _handle: { fd: number } })._handle.fd;
    const close = async () => {
      accepted.destroy();
      client.destroy();
      server.close();
      await once(server, 'close');
    };
    return { client, accepted, socket, close };
  }

  test('send a head and then a part of a file, in order', async () => {
    const { client, accepted, socket, close } = await pair();
    expect(calls.sendMore(socket, Buffer.from('head '))).toBe(5);
    expect(calls.sendfile(socket, { fd, position: 1000, bytes: 5000 })).toBe(5000);
    accepted.end();
    const got: Buffer[] = [];
    for await (const bytes of client) got.push(bytes as Buffer);
    expect(Buffer.concat(got)).toEqual(Buffer.concat([Buffer.from('head '), content.subarray(1000, 6000)]));
    await close();
  });

  test('say when the socket is full, when the file has ended and when the other side is gone', async () => {
    const { client, socket, close } = await pair();
    client.pause();
    let sent = 0;
    for (let tries = 0; sent >= 0 && tries < 10_000; tries++) {
      sent = calls.sendfile(socket, { fd, position: 0, bytes: content.byteLength });
    }
    expect(sent).toBe(linuxErrors.again);
    expect(calls.sendfile(socket, { fd, position: content.byteLength, bytes: 10 })).toBe(0);
    await close();
    expect(calls.sendfile(socket, { fd, position: 0, bytes: 10 })).toBeLessThan(0);
  });

  test('know that what was written is in memory, and that what is not there is not', () => {
    expect(calls.isResident({ fd, position: 100, bytes: 200_000 })).toBe(true);
    expect(calls.isResident({ fd, position: 0, bytes: 400_000 })).toBe(false);
    expect(calls.isResident({ fd: -1, position: 0, bytes: 10 })).toBe(false);
  });

  test('read what is in memory up to the end of the file, and nothing that is not', ({ skip }) => {
    const into = Buffer.allocUnsafeSlow(200_000);
    const read = calls.readNow(fd, 100, into);
    if (read === linuxErrors.unsupported) skip('this file system reads nothing without waiting');
    expect(read).toBe(into.byteLength);
    expect(into).toEqual(Buffer.from(content.subarray(100, 200_100)));
    expect(calls.readNow(fd, 250_000, into)).toBe(50_000);
    expect(calls.readNow(-1, 0, into)).toBeLessThan(0);
    forgetPages(join(directory, 'file'));
    expect(calls.readNow(fd, 100, into)).toBe(linuxErrors.again);
  });

  test('tell a file that was written to from one that was not', async () => {
    const before = calls.changeOf(fd);
    expect([typeof before, calls.changeOf(fd)]).toEqual(['string', before]);
    await systemClock.sleep(20); // the clock of files ticks slowly
    const handle = await open(join(directory, 'file'), 'r+');
    await handle.write(Buffer.of(1), 0, 1, 5);
    await handle.close();
    expect(calls.changeOf(fd)).not.toBe(before);
    expect(calls.changeOf(-1)).toBeUndefined();
  });
});
