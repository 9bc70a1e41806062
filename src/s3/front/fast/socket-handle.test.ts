import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { takeHandle } from './socket-handle.ts';

test('a socket of our own goes on with the handle of an accepted one, and reads into memory of ours', async () => {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const memory = Buffer.alloc(16);
  const read = Promise.withResolvers<number>();
  const onread = { buffer: memory, callback: (bytes: number) => read.resolve(bytes) };
  const own = new Socket({ handle: takeHandle(accepted), allowHalfOpen: true, onread } as object);
  client.write('hello');
  expect(memory.toString('latin1', 0, await read.promise)).toBe('hello');
  own.write('back');
  expect(((await once(client, 'data')) as [Buffer])[0].toString()).toBe('back');
  expect(own.remoteAddress).toBe('127.0.0.1');
  client.end();
  await once(own, 'end');
  server.close(); // it counts the connection no more
  await once(server, 'close');
  own.destroy();
  await once(client, 'close');
});
