import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { S3Client } from '../support/client.ts';
import { startDev } from '../support/dev-process.ts';
import {
  largeBytes,
  largeContent,
  oddNames,
  readTexts,
  sha256OfFile,
  textsOf,
  writeNamed,
} from './support/contents.ts';
import { describeClient, findProgram, output } from './support/presence.ts';
import { timed } from './support/timed.ts';

describeClient({ name: 'restic', debianPackage: 'restic' }, findProgram('restic'), ({ path }) => {
  test('backs up, checks every byte, restores and prunes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'copyset-restic-'));
    try {
      await using dev = await startDev(join(folder, 'store'));
      using own = new S3Client(dev.ready);
      const { endpoint, accessKeyId, secretAccessKey } = dev.ready;
      const environment = {
        PATH: process.env.PATH,
        HOME: folder,
        RESTIC_REPOSITORY: `s3:${endpoint}/backup`,
        RESTIC_PASSWORD: 'kept in mind',
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      };
      const restic = (...args: readonly string[]) => output(path, args, environment);
      const time = <T>(step: string, bytes: number, work: () => Promise<T>) =>
        timed({ client: 'restic', step, bytes }, work);

      const [source, named, back] = [join(folder, 'source'), join(folder, 'source/named'), join(folder, 'back')];
      await mkdir(source);
      await writeFile(join(source, 'shard'), largeContent());
      await writeNamed(named, oddNames);

      await restic('init'); // makes the bucket
      await time('64 MiB backed up', largeBytes, () => restic('backup', source));
      await writeFile(join(named, '~'), 'changed');
      await restic('backup', source);
      expect(JSON.parse(await restic('snapshots', '--json'))).toHaveLength(2);
      await time('check --read-data', largeBytes, () => restic('check', '--read-data'));
      await time('64 MiB restored', largeBytes, () => restic('restore', 'latest', '--target', back));
      expect(await sha256OfFile(join(back, source, 'shard'))).toBe(await sha256OfFile(join(source, 'shard')));
      expect(await readTexts(join(back, named))).toEqual({ ...textsOf(oddNames), '~': 'changed' });

      const before = (await own.list('backup')).length;
      await restic('forget', '--keep-last', '1', '--prune');
      await restic('check', '--read-data');
      expect((await own.list('backup')).length).toBeLessThan(before);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
