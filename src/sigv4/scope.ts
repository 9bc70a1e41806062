/** Why: a signing key is good for one day, one region and one service; the scope names them on both sides alike. */

export type Scope = { /** `YYYYMMDD`. */ readonly date: string; readonly region: string };

/** The one algorithm of Signature Version 4 that has a shared secret. */
export const signingAlgorithm = 'AWS4-HMAC-SHA256';

export function scopeText(scope: Scope): string {
  return `${scope.date}/${scope.region}/s3/aws4_request`;
}
