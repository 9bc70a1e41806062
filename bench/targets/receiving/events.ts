/** Why: how most servers on Node take a body in. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { HttpEndpoint } from '../../load/endpoint.ts';

export async function startEvents({ host, port }: HttpEndpoint): Promise<void> {
  const server = createServer((request, response) => {
    request.on('data', () => undefined);
    request.on('end', () => response.end());
  });
  await once(server.listen(port, host), 'listening');
}
