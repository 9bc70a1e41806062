/** Why: an error is the same on both sides of a thread: its code, message, details, and what was behind it. */
import { CopysetError, type ErrorCode, type ErrorDetails, toCopysetError } from '../../base/errors.ts';

export type ErrorForm = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly cause?: CauseForm | undefined;
  /** Of bugs: where to look for it. */
  readonly stack?: string | undefined;
};

/** What others threw is kept as logs show it. */
type CauseForm =
  | { readonly ours: ErrorForm }
  | { readonly name: string; readonly message: string; readonly stack: string | undefined }
  | { readonly text: string };

export function toForm(thrown: unknown): ErrorForm {
  const error = toCopysetError(thrown);
  const { code, message, details, cause } = error;
  const stack = error.kind === 'bug' ? error.stack : undefined;
  return { code, message, details, stack, cause: cause === undefined ? undefined : causeForm(cause) };
}

function causeForm(cause: unknown): CauseForm {
  if (cause instanceof CopysetError) return { ours: toForm(cause) };
  if (cause instanceof Error) return { name: cause.name, message: cause.message, stack: cause.stack };
  return { text: String(cause) };
}

export function fromForm({ code, message, details, cause, stack }: ErrorForm): CopysetError {
  const behind = cause === undefined ? {} : { cause: fromCause(cause) };
  const error = new CopysetError(code, message, { details, ...behind });
  return stack === undefined ? error : Object.assign(error, { stack });
}

function fromCause(cause: CauseForm): unknown {
  if ('ours' in cause) return fromForm(cause.ours);
  return 'text' in cause ? cause.text : cause;
}
