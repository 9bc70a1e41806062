/**
 * Why: one test serves as the long run and as its share in every run: what it counts is scaled by COPYSET_LONG_SHARE.
 */

/** A part of 1; the long runs are whole unless `COPYSET_LONG_SHARE=2%` (or the like) says otherwise. */
export function parseShare(text: string | undefined): number {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text ?? '100%')?.[1];
  const share = Number(percent) / 100;
  if (!(share > 0 && share <= 1)) throw new Error(`COPYSET_LONG_SHARE is "${text}"; give a percentage like 2%`);
  return share;
}

/** How many of `full` runs to do now, at least `least`. */
export function shareOf(full: number, least = 1): number {
  return Math.max(least, Math.round(full * parseShare(process.env.COPYSET_LONG_SHARE)));
}
