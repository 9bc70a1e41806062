/** Why: stands between a store and its test in a thread of its own: a client of the one, a server of the other. */
import { workerData } from 'node:worker_threads';
import { connectStore } from '../../src/object/remote/remote-store.ts';
import { serveStore } from '../../src/object/remote/serve-store.ts';
import type { RelayTask } from './remote-store.ts';

const { store, client } = workerData as RelayTask;
serveStore(connectStore(store).store, client);
