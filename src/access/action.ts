/** Why: what can be asked for is a closed list, so that a door cannot invent an action that no rule ever judged. */

/** S3's own names, which policies will use. */
export const actions = [
  's3:AbortMultipartUpload',
  's3:CreateBucket',
  's3:DeleteBucket',
  's3:DeleteObject',
  's3:GetBucketLocation',
  's3:GetObject',
  's3:ListAllMyBuckets',
  's3:ListBucket',
  's3:ListBucketMultipartUploads',
  's3:ListMultipartUploadParts',
  's3:PutObject',
] as const;

export type Action = (typeof actions)[number];

/** What an action is done to: the whole service, a bucket, or an object of it (the key as stored, decoded once). */
export type Resource = { readonly bucket?: string | undefined; readonly key?: string | undefined };
