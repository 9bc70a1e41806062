import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startDev } from '../support/dev-process.ts';
import { awsEnvironment, pythonTool, run } from './python-tool.ts';
import { describeClient } from './support/presence.ts';
import { timed } from './support/timed.ts';

const script = fileURLToPath(new URL('./boto3_flow.py', import.meta.url));

/** What the script says when a step is done; it ends with another code than 0 when one fails. */
const steps = [
  'bucket made',
  '64 MiB uploaded in parts and read back',
  'odd keys came back unchanged',
  '2500 keys listed in byte order',
  'conditions, ranges and metadata kept',
  'versions kept, marked and deleted',
  'tags and conditions of writes kept',
  'checked and copied parts joined',
  'configurations answered as those that there are not',
  'bad requests refused by name',
  'uploads listed and aborted',
  'all deleted',
];

describeClient({ name: 'boto3', debianPackage: 'python3-venv' }, await pythonTool('boto3'), ({ python }) => {
  test('does its work', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'copyset-boto3-'));
    try {
      await using dev = await startDev(join(folder, 'store'));
      const { code, out, err } = await timed({ client: 'boto3', step: 'all steps' }, () =>
        run(python, [script, folder], awsEnvironment(dev.ready)),
      );
      expect({ code, err, steps: out.trimEnd().split('\n') }).toEqual({ code: 0, err: '', steps });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
