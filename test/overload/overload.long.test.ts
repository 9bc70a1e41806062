import { overloadConformance } from './overload.conformance.ts';

overloadConformance({
  loadMs: 15_000,
  idleConnections: 2_000,
  slowConnections: 200,
  largeBodies: 64,
  streams: 64,
  streamMiB: 64,
});
