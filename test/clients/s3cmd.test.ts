import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { oddNames } from './support/contents.ts';
import { type FolderClient, testFolderClient, type Workplace } from './support/folder-client.conformance.ts';
import { describeClient, findProgram, output } from './support/presence.ts';

describeClient({ name: 's3cmd', debianPackage: 's3cmd' }, findProgram('s3cmd'), ({ path }) => {
  const environment = { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8', PYTHONUTF8: '1' };
  const s3cmd = ({ folder }: Workplace, ...args: readonly string[]) =>
    output(path, ['-c', join(folder, 's3cfg'), '--no-progress', ...args], environment);
  const open = async (at: Workplace): Promise<FolderClient> => {
    const { host } = new URL(at.ready.endpoint);
    const { accessKeyId, secretAccessKey } = at.ready;
    const lines = [`access_key = ${accessKeyId}`, `secret_key = ${secretAccessKey}`, `host_base = ${host}`];
    lines.push(`host_bucket = ${host}`, 'use_https = False', 'multipart_chunk_size_mb = 15');
    await writeFile(join(at.folder, 's3cfg'), ['[default]', ...lines, ''].join('\n'));
    return {
      makeBucket: async (bucket) => void (await s3cmd(at, 'mb', `s3://${bucket}`)),
      push: (folder, bucket) => s3cmd(at, 'sync', `${folder}/`, `s3://${bucket}/`),
      pull: (bucket, folder) => s3cmd(at, 'sync', `s3://${bucket}/`, `${folder}/`),
      keys: async (bucket) => {
        const lines = (await s3cmd(at, 'ls', '-r', `s3://${bucket}`)).split('\n').filter((line) => line !== '');
        return lines.map((line) => line.slice(line.indexOf(`s3://${bucket}/`) + `s3://${bucket}/`.length));
      },
      remove: async (bucket) => void (await s3cmd(at, 'rb', '-r', '-f', `s3://${bucket}`)),
    };
  };
  testFolderClient('s3cmd', {
    open,
    names: oddNames.filter((name) => name !== '\t'), // it stores ^I
    further: {
      'uploads nothing when synced again': async (client, { folder }) => {
        expect(await client.push(join(folder, 'odd'), 'odd')).toBe('');
        expect(await client.push(join(folder, 'large'), 'large')).toBe('');
      },
    },
  });
});
