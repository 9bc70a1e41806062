/** Why: the S3 door promises the same with the store behind messages, on both fronts. */
import { globSync } from 'node:fs';

process.env.COPYSET_TEST_STORE = 'channel';
const root = new URL('../../src/s3/', import.meta.url);
for (const path of globSync(['operations/**/*.test.ts', 'front/*/front.test.ts'], { cwd: root })) {
  await import(new URL(path, root).href);
}
