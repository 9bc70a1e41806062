/** Why: some endpoints take a put whatever its conditions say; a client of this kind sees every endpoint so. */
import type { S3Client } from '../../src/s3-client/client.ts';

export function withoutConditions(client: S3Client): S3Client {
  return {
    ...client,
    put: (path, body, { signal, headers } = {}) =>
      client.put(path, body, { ...(signal && { signal }), ...(headers && { headers }) }),
  };
}
