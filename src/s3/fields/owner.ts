/** Why: S3 tells who owns what; here the root identity owns everything, under one id that never changes. */

export const owner = { ID: 'copyset-root', DisplayName: 'root' } as const;
