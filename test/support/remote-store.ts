/**
 * Why: every test of the store and of its doors can run through the messages between threads: COPYSET_TEST_STORE says
 * how a site in memory hands out its store. `channel`: through one channel; `thread`: through a thread and back.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { connectStore } from '../../src/object/remote/remote-store.ts';
import { serveStore } from '../../src/object/remote/serve-store.ts';
import type { ObjectStore } from '../../src/object/store.ts';

export async function storeAsAsked(store: ObjectStore): Promise<ObjectStore> {
  const asked = process.env.COPYSET_TEST_STORE;
  if (asked === 'channel') return connectStore(portTo(store)).store;
  return asked === 'thread' ? await throughThread(store) : store;
}

/** Whether sites hand out a store that is asked by messages. */
export function isRemote(): boolean {
  return process.env.COPYSET_TEST_STORE !== undefined;
}

/** A port at whose other end the store is served. */
function portTo(store: ObjectStore): MessagePort {
  const { port1, port2 } = new MessageChannel();
  serveStore(store, port2);
  port2.unref();
  return port1;
}

export type RelayTask = { readonly store: MessagePort; readonly client: MessagePort };

/** The thread has the store as a thread with a door has it, and serves it back to here. */
async function throughThread(store: ObjectStore): Promise<ObjectStore> {
  const { port1, port2 } = new MessageChannel();
  const ports: RelayTask = { store: portTo(store), client: port2 };
  const relay = new Worker(new URL('./relay-worker.ts', import.meta.url), {
    workerData: ports,
    transferList: [ports.store, ports.client],
  });
  relay.unref();
  return connectStore(port1).store;
}
