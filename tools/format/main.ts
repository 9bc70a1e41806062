/** Why: one command sets the whole tree as the checks want it: `npm run format [paths]`. */
import { glob, readFile, writeFile } from 'node:fs/promises';
import { packaged, root, run } from '../process.ts';
import { wrapComments } from './wrap-comments.ts';

const paths = process.argv.slice(2);

for await (const path of glob('{src,tools,test,bench}/**/*.ts', { cwd: root })) {
  if (path.includes('/generated/') || (paths.length > 0 && !paths.some((each) => path.startsWith(each)))) continue;
  const text = await readFile(root + path, 'utf8');
  const wrapped = wrapComments(path, text);
  if (wrapped !== text) await writeFile(root + path, wrapped);
}

process.exitCode = await run(packaged('biome'), ['check', '--write', ...paths]);
