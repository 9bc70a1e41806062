/**
 * Why: reads of a net.Socket go into memory of ours only when it is made with `onread`, which a server's own sockets
 * are not. So the handle of an accepted socket is moved to one that is. Neither `_handle` nor the option `handle` is
 * documented; socket-handle.test.ts holds what is used of them.
 */
import type { Socket } from 'node:net';
import { assert } from '../../../base/assert.ts';

/** What lies under a net.Socket. */
export type SocketHandle = { readonly fd: number };

/** Takes the handle out of a socket that was accepted with `pauseOnConnect`, which is no connection any more. */
export function takeHandle(accepted: Socket): SocketHandle {
  const holder = accepted as unknown as { _handle: SocketHandle | null };
  const handle = holder._handle;
  assert(handle !== null, 'a socket has a handle when it is accepted');
  holder._handle = null;
  accepted.destroy();
  return handle;
}
