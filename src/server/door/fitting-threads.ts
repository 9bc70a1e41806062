/** Why: how many threads serve the S3 door where nobody said it; measured in docs/design/cores.md. */

/** Processors from which on so many threads beside the owner's pay: with fewer they only cost. */
const steps = [
  { cores: 8, threads: 4 },
  { cores: 4, threads: 2 },
] as const;

export function fittingThreads({ cores, platform }: { readonly cores: number; readonly platform: string }): number {
  if (platform !== 'linux') return 0; // elsewhere no kernel shares connections out
  return steps.find((step) => cores >= step.cores)?.threads ?? 0;
}
