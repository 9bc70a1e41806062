/** Why: one receiver as a process: what it is in JSON as its argument. It serves until it is ended. */
import type { HttpEndpoint } from '../../load/endpoint.ts';
import { startEvents } from './events.ts';
import { startSlabs } from './slabs.ts';

export type ReceiverJob = { readonly kind: 'slabs' | 'events'; readonly endpoint: HttpEndpoint };

const { kind, endpoint } = JSON.parse(process.argv[2] ?? '') as ReceiverJob;
await (kind === 'slabs' ? startSlabs(endpoint) : startEvents(endpoint));
