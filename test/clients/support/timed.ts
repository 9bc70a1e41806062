/** Why: each run tells what a user of a client waits for, as duration and MB/s; nothing is held against a limit. */

export type Step = { readonly client: string; readonly step: string; readonly bytes?: number };

export async function timed<T>({ client, step, bytes }: Step, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const speed = bytes === undefined ? '' : `, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
  console.log(`${client}: ${step}: ${seconds.toFixed(2)} s${speed}`);
  return result;
}
