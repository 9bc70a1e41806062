import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { awsEnvironment, pythonTool } from './python-tool.ts';
import { type FolderClient, testFolderClient, type Workplace } from './support/folder-client.conformance.ts';
import { describeClient, output } from './support/presence.ts';

describeClient({ name: 'awscli', debianPackage: 'python3-venv' }, await pythonTool('awscli'), ({ python }) => {
  const configIn = (folder: string) => join(folder, 'aws-config');
  const aws = ({ ready, folder }: Workplace, ...args: readonly string[]) =>
    output(python, ['-m', 'awscli', ...args], { ...awsEnvironment(ready), AWS_CONFIG_FILE: configIn(folder) });
  const api = (at: Workplace, operation: string, options: Readonly<Record<string, string>>) =>
    aws(at, 's3api', operation, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]));
  const list = async (at: Workplace, bucket: string, query: string, more: Readonly<Record<string, string>> = {}) =>
    JSON.parse(await api(at, 'list-objects-v2', { bucket, query, output: 'json', ...more })) as unknown;

  const open = async (at: Workplace): Promise<FolderClient> => {
    // without it, version 1 presigns in us-east-1 by Signature Version 2
    await writeFile(configIn(at.folder), '[default]\ns3 =\n  signature_version = s3v4\n');
    return {
      makeBucket: async (bucket) => void (await aws(at, 's3', 'mb', `s3://${bucket}`)),
      push: (folder, bucket) => aws(at, 's3', 'sync', '--no-progress', folder, `s3://${bucket}`),
      pull: (bucket, folder) => aws(at, 's3', 'sync', '--no-progress', `s3://${bucket}`, folder),
      keys: async (bucket) => (await list(at, bucket, 'Contents[].Key')) as string[],
      remove: async (bucket) => void (await aws(at, 's3', 'rb', '--force', `s3://${bucket}`)),
    };
  };

  testFolderClient('awscli', {
    open,
    further: {
      'finds the bucket and says where it lies': async (_client, at) => {
        expect(await aws(at, 's3', 'ls')).toMatch(/ large\n.* odd\n$/);
        expect(JSON.parse(await api(at, 'get-bucket-location', { bucket: 'odd' }))).toEqual({
          LocationConstraint: null,
        });
        expect(await list(at, 'odd', 'CommonPrefixes[].Prefix', { delimiter: '/' })).toEqual(['deep/']);
      },
      'reads ranges and copies': async (_client, at) => {
        const [target, whole] = [join(at.folder, 'range'), await readFile(join(at.folder, 'large', 'shard'))];
        const range = ['--range', 'bytes=8388600-8388615', target];
        await aws(at, 's3api', 'get-object', '--bucket', 'large', '--key', 'shard', ...range);
        expect((await readFile(target)).equals(whole.subarray(8_388_600, 8_388_616))).toBe(true);
        await api(at, 'copy-object', { bucket: 'large', key: 'copy', 'copy-source': 'large/shard' });
        expect(await list(at, 'large', 'Contents[].Size')).toEqual([whole.byteLength, whole.byteLength]);
      },
      'moves nothing when synced again, and only what changed': async (client, at) => {
        const folder = join(at.folder, 'odd');
        expect(await client.push(folder, 'odd')).toBe('');
        await writeFile(join(folder, '~'), 'changed');
        await rm(join(folder, 'a b'));
        const moved = await aws(at, 's3', 'sync', '--no-progress', '--delete', folder, 's3://odd');
        expect(moved.trimEnd().split('\n').toSorted()).toEqual([
          'delete: s3://odd/a b',
          expect.stringMatching(/^upload: .* to s3:\/\/odd\/~$/),
        ]);
      },
      'gives URLs that anybody may use': async (_client, at) => {
        const got = await fetch((await aws(at, 's3', 'presign', 's3://odd/a+b')).trim());
        expect({ status: got.status, text: await got.text() }).toEqual({ status: 200, text: 'content of a+b' });
      },
    },
  });
});
