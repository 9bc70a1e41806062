/** Why: calibration compares two scrapes of a store's metrics, from files, or from the store itself some time apart. */
import { deadline, systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Values } from '../../config/options.ts';
import type { Telemetry } from '../../plan/calibrate/calibrate.ts';
import { printDuration } from '../print/units.ts';
import type { Terminal } from '../terminal.ts';
import { readText } from './file.ts';
import { required } from './given.ts';

const usualGapMs = 60_000;
const answerMs = 30_000;
const mostBytes = 64 * 2 ** 20;

export async function telemetryFrom(
  from: string,
  { earlier, overMs }: Values<'earlier' | 'overMs'>,
  terminal: Terminal,
): Promise<Telemetry> {
  const { telemetryOf } = await import('../../plan/calibrate/calibrate.ts');
  if (isUrl(from) && earlier === undefined) return twoScrapes(from, overMs ?? usualGapMs, terminal);
  const before = earlier === undefined ? undefined : await readText(earlier);
  const now = isUrl(from) ? await scrape(from) : await readText(from);
  return telemetryOf(now, before, required(overMs, 'overMs') / 1000);
}

function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

async function twoScrapes(url: string, gapMs: number, { err }: Terminal): Promise<Telemetry> {
  const { telemetryOf } = await import('../../plan/calibrate/calibrate.ts');
  const earlier = await scrape(url);
  const startedMs = systemClock.monotonicMs();
  err(`scraped once; again in ${printDuration(gapMs)}\n`);
  await systemClock.sleep(gapMs);
  const later = await scrape(url);
  return telemetryOf(later, earlier, (systemClock.monotonicMs() - startedMs) / 1000);
}

async function scrape(url: string): Promise<string> {
  using limit = deadline(systemClock, answerMs, `GET ${url}`);
  const response = await fetch(url, { signal: limit.signal }).catch((error: unknown) => {
    throw new CopysetError('not_serving', `${url} does not answer`, { cause: error });
  });
  if (!response.ok) throw new CopysetError('not_serving', `${url} answers with ${response.status}`);
  return bounded(response, url);
}

async function bounded({ body }: Response, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > mostBytes) throw new CopysetError('request.too_large', `${url} has more than 64 MiB of metrics`);
  }
  return text;
}
