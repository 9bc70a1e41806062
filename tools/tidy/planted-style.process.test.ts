import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packaged, root } from '../process.ts';

/** What Biome says about a file of this content by our rules. */
async function complaints(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'copyset-style-'));
  try {
    await writeFile(join(folder, 'x.ts'), text);
    return await new Promise((resolve) => {
      execFile(packaged('biome'), ['lint', `--config-path=${root}biome.json`, folder], (_, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each([
  ['export default 1;', 'noDefaultExport'],
  ["export * from '../bytes.ts';", 'noBarrelFile'],
  ['export const a = (b: any) => b;', 'noExplicitAny'],
  ['export const a = (b?: string) => b!.length;', 'noNonNullAssertion'],
  ['export enum A { B }', 'noEnum'],
  ['export class A { constructor(private readonly b: string) {} }', 'noParameterProperties'],
  ["import { readFile } from 'fs';\nexport const a = readFile;", 'useNodejsImportProtocol'],
  ["console.log('x');", 'noConsole'],
])('Biome refuses %j', async (text, rule) => {
  expect(await complaints(text)).toContain(rule);
});
