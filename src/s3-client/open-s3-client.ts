/** Why: the client is its verbs over one caller. */
import type { S3Client } from './client.ts';
import type { S3ClientOptions } from './options.ts';
import { bucketVerbs } from './verbs/buckets.ts';
import { deletionVerbs } from './verbs/delete-objects.ts';
import { listingVerbs } from './verbs/listing.ts';
import { objectVerbs } from './verbs/objects.ts';
import { uploadVerbs } from './verbs/uploads.ts';
import { Caller } from './wire/caller.ts';

/** Connects to nothing yet. `request.invalid` when the endpoint is none. */
export function openS3Client(options: S3ClientOptions): S3Client {
  const caller = new Caller(options);
  return {
    ...bucketVerbs(caller),
    ...objectVerbs(caller),
    ...deletionVerbs(caller),
    ...listingVerbs(caller),
    ...uploadVerbs(caller),
    close: () => caller.close(),
  };
}
