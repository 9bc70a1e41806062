/**
 * Why: an endpoint may obey the conditions of a put, which Copyset does not: here they are judged before a put goes
 * through, one put at a time, as such an endpoint would.
 */
import { Semaphore } from '../../src/base/async/semaphore.ts';
import { CopysetError, isCopysetError } from '../../src/base/errors.ts';
import type { S3Client, S3Path, S3PutOptions } from '../../src/s3-client/client.ts';

/** What several clients of one endpoint share. */
export class Conditions {
  readonly #turn = new Semaphore('conditional puts', 1, 1000);

  over(client: S3Client): S3Client {
    return {
      ...client,
      put: (path, body, { ifMatch, ifNoneMatch, ...options } = {}) =>
        this.#turn.use(1, async () => {
          await judge(client, path, { ...(ifMatch !== undefined && { ifMatch }), ...(ifNoneMatch && { ifNoneMatch }) });
          return client.put(path, body, options);
        }),
    };
  }
}

async function judge(client: S3Client, path: S3Path, { ifMatch, ifNoneMatch }: S3PutOptions): Promise<void> {
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  const etag = await client.head(path).then(
    (info) => info.etag,
    (error: unknown) => {
      if (isCopysetError(error, 'not_found')) return undefined;
      throw error;
    },
  );
  if (ifNoneMatch === undefined ? etag !== ifMatch : etag !== undefined) {
    throw new CopysetError('precondition_failed', `the condition on ${path.key} does not hold`);
  }
}
