import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Ready } from '../support/dev-process.ts';
import { run } from './python-tool.ts';
import { inKeyOrder } from './support/contents.ts';
import { type FolderClient, testFolderClient, type Workplace } from './support/folder-client.conformance.ts';
import { describeClient, findProgram, output } from './support/presence.ts';

/** Nothing of a user's own configuration. `c:` is the store. */
function environment({ endpoint, accessKeyId, secretAccessKey }: Ready): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_C_TYPE: 's3',
    RCLONE_CONFIG_C_PROVIDER: 'Other',
    RCLONE_CONFIG_C_ENDPOINT: endpoint,
    RCLONE_CONFIG_C_ACCESS_KEY_ID: accessKeyId,
    RCLONE_CONFIG_C_SECRET_ACCESS_KEY: secretAccessKey,
    RCLONE_CONFIG_C_UPLOAD_CUTOFF: '16M',
    RCLONE_RETRIES: '1',
    RCLONE_NO_UNICODE_NORMALIZATION: 'true',
    RCLONE_TRANSFERS: '16',
    RCLONE_CHECKERS: '16',
  };
}

describeClient({ name: 'rclone', debianPackage: 'rclone' }, findProgram('rclone'), ({ path }) => {
  const rclone = ({ ready }: Workplace, ...args: readonly string[]) => output(path, args, environment(ready));
  const open = async (at: Workplace): Promise<FolderClient> => ({
    makeBucket: async (bucket) => void (await rclone(at, 'mkdir', `c:${bucket}`)),
    push: (folder, bucket) => rclone(at, 'sync', folder, `c:${bucket}`),
    pull: (bucket, folder) => rclone(at, 'sync', `c:${bucket}`, folder),
    keys: async (bucket) => {
      const lines = (await rclone(at, 'lsf', '-R', '--files-only', `c:${bucket}`)).trimEnd().split('\n');
      return lines.map((line) => line.replaceAll('␉', '\t')); // how it prints a tab
    },
    remove: async (bucket) => void (await rclone(at, 'purge', `c:${bucket}`)),
  });
  /** What a sync says that it moved. */
  const synced = async ({ ready, folder }: Workplace) => {
    const { code, err } = await run(path, ['sync', '-v', join(folder, 'odd'), 'c:odd'], environment(ready));
    return { code, lines: err.split('\n').filter((line) => /INFO/.test(line) && / : .*(Copied|Deleted)/.test(line)) };
  };
  testFolderClient('rclone', {
    open,
    further: {
      'finds every byte the same': async (_client, at) => {
        await rclone(at, 'check', '--download', join(at.folder, 'odd'), 'c:odd');
        await rclone(at, 'check', '--download', join(at.folder, 'large'), 'c:large');
      },
      'moves nothing when synced again, and only what changed': async (_client, at) => {
        expect(await synced(at)).toEqual({ code: 0, lines: [] });
        await writeFile(join(at.folder, 'odd', '~'), 'changed');
        await rm(join(at.folder, 'odd', 'a b'));
        const { code, lines } = await synced(at);
        expect({ code, moved: inKeyOrder(lines.map((line) => line.split(' : ')[1] ?? '')) }).toEqual({
          code: 0,
          moved: ['a b: Deleted', expect.stringMatching(/^~: Copied/)],
        });
      },
    },
  });
});
