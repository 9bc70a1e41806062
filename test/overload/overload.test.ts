import { overloadConformance } from './overload.conformance.ts';

overloadConformance({
  loadMs: 1_500,
  idleConnections: 400,
  slowConnections: 50,
  largeBodies: 16,
  streams: 16,
  streamMiB: 24,
});
