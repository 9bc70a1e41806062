/** Why: the errors of S3 that the model knows, with their status (API/ErrorResponses.html). */
import type { Answer, Tree } from '../answer.ts';

const statuses = {
  BadDigest: 400,
  BucketNotEmpty: 409,
  EntityTooSmall: 400,
  InvalidArgument: 400,
  InvalidPart: 400,
  InvalidPartNumber: 416,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  PreconditionFailed: 412,
} as const;

/** Thrown inside the model, and nowhere else. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(code: keyof typeof statuses, headers: Readonly<Record<string, Tree>> = {}) {
    super(code);
    this.answer = { status: statuses[code], code, headers };
  }
}
