import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { kvConformance } from '../kv.conformance.ts';
import { openSqliteKv, type SqliteKv } from './sqlite-kv.ts';

const directory = mkdtempSync(join(tmpdir(), 'copyset-sqlite-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

function openAt(path: string): Promise<SqliteKv> {
  return openSqliteKv({ path, random: seededRandom(files), synchronous: 'full' });
}

kvConformance('sqlite', () => openAt(join(directory, `catalog-${++files}.db`)), {
  dense: true,
  runs: 60,
  reopen: () => openAt(join(directory, `catalog-${files}.db`)),
});
