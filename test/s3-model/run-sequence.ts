/** Why: one sequence, done to a store of its own and to the model, side by side; the first difference ends it. */
import { startTestDoor } from '../support/s3-door.ts';
import { type Answer, MadeValues, type Tree } from './answer.ts';
import { apply } from './model/apply.ts';
import { State } from './model/state.ts';
import { bucketNames, keys } from './names.ts';
import type { Kind, Op } from './operations.ts';
import { readAnswer } from './wire/read-answer.ts';
import { type Before, requestOf } from './wire/requests.ts';
import { Session } from './wire/session.ts';
import { isListing, walkPages } from './wire/walk-pages.ts';

/** How often each operation was answered how, as `put 200` or `get 404 NoSuchKey`. */
export type Outcomes = Map<string, number>;

/** Throws an error that tells the step and the difference. */
export async function runSequence(sequence: readonly Op[], outcomes: Outcomes): Promise<void> {
  await using door = await startTestDoor();
  const session = new Session(door);
  const before: Before = { state: new State(), made: new MadeValues() };
  try {
    for (const [at, op] of sequence.entries()) {
      await step(op, { session, before, outcomes, name: `step ${at + 1}` });
      if (op.kind === 'deleteObjects' && op.isQuiet)
        await step(allVersions(op.bucket), { session, before, outcomes, name: `after step ${at + 1}` });
    }
    for (const op of closing(before.state)) await step(op, { session, before, outcomes, name: 'at the end' });
  } finally {
    session.end();
  }
}

type Step = { readonly session: Session; readonly before: Before; readonly outcomes: Outcomes; readonly name: string };

async function step(op: Op, { session, before, outcomes, name }: Step): Promise<void> {
  const seen = await ask(op, session, before);
  const expected = apply(before.state, op);
  const difference = before.made.difference(expected as Tree, visible(seen, expected) as Tree);
  if (difference !== undefined)
    throw new Error(`${name}: ${describe(op)}\n  ${difference}\n  answer: ${JSON.stringify(seen)}`);
  const outcome = [op.kind, seen.status, ...(seen.code === undefined ? [] : [seen.code])].join(' ');
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

/** The answer to a HEAD has no document, so that its error has no code. */
function visible(seen: Answer, expected: Answer): Answer {
  const isSilent = seen.status >= 400 && seen.code === undefined && seen.status === expected.status;
  return isSilent ? { ...seen, code: expected.code } : seen;
}

async function ask(op: Op, session: Session, before: Before): Promise<Answer> {
  if (isListing(op)) return walkPages(op, session, before);
  return readAnswer(op.kind, await session.ask(requestOf(op, before)));
}

const roll = { prefix: '', delimiter: '', after: '', limit: 2, url: true } as const;

/** A quiet answer does not tell the ids of the markers that were made; this does. */
function allVersions(bucket: string): Op<'listVersions'> {
  return { kind: 'listVersions', bucket, ...roll };
}

/** All that there is, byte by byte. */
function* closing(state: State): Generator<Op> {
  for (const bucket of bucketNames) {
    for (const form of [1, 2] as const) yield { kind: 'list', bucket, form, ...roll };
    yield allVersions(bucket);
    yield { kind: 'listUploads', bucket, ...roll };
    yield { kind: 'getVersioning', bucket };
    for (const key of keys) {
      const place = { bucket, key };
      const picks = state.picksOf(place);
      for (const version of picks.length === 0 ? [] : [undefined, ...picks]) {
        for (const method of ['GET', 'HEAD'] as const) {
          yield {
            kind: 'get',
            method,
            ...place,
            version,
            range: undefined,
            part: undefined,
            condition: {},
            showsChecksum: true,
          };
        }
        yield { kind: 'getTags', ...place, version };
      }
    }
  }
  for (const upload of state.uploads.keys()) yield { kind: 'listParts', upload, limit: 2 };
}

/** `put alpha/a {"content":"word"}`: what is left open stays out. */
export function describe(op: Op): string {
  const { kind, bucket, key, ...rest } = op as Op & {
    readonly kind: Kind;
    readonly bucket?: string;
    readonly key?: string;
  };
  const place = bucket === undefined ? '' : ` ${bucket}${key === undefined ? '' : `/${key}`}`;
  return `${kind}${place} ${JSON.stringify(rest)}`;
}
