/**
 * Why: an operator can ask whether the catalog and all its journals are whole, while it is served and while it is not.
 */
import type { Finding } from '../../admin/contract.ts';
import { CopysetError, toCopysetError } from '../../base/errors.ts';
import type { JournalVerification } from '../../kv/journal/verify.ts';
import { quickCheck } from '../../kv/sqlite/catalog-file.ts';
import type { JobControl } from '../jobs.ts';

export type CatalogParts = {
  readonly databasePath: string;
  readonly verifyJournals: (options: { readonly signal: AbortSignal }) => Promise<readonly JournalVerification[]>;
};

/** Fails when anything is damaged; missing journals are findings. */
export async function verifyCatalog({ databasePath, verifyJournals }: CatalogParts, job: JobControl): Promise<void> {
  const journals = await verifyJournals(job);
  const findings = [...(await checkDatabase(databasePath)), ...journals.flatMap(journalFindings)];
  for (const finding of findings) job.find(finding);
  job.advance(Math.max(0, ...journals.map(({ revision }) => revision ?? 0)));
  if (findings.length > 0) throw new CopysetError('catalog.damaged', summaryOf(findings));
}

function summaryOf([first, ...others]: readonly Finding[]): string {
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${first?.where}: ${first?.problem}${more}`;
}

async function checkDatabase(path: string): Promise<Finding[]> {
  try {
    await quickCheck(path);
    return [];
  } catch (error) {
    return [{ where: path, problem: toCopysetError(error).message }];
  }
}

function journalFindings({ path, state, problems }: JournalVerification): Finding[] {
  const found = problems.map(({ file, problem }) => ({ where: file === '' ? path : `${path}/${file}`, problem }));
  if (state === 'intact' || found.length > 0) return found;
  return state === 'empty' ? [] : [{ where: path, problem: `the journal is ${state}` }];
}
