/**
 * Why: the policy of a bucket says what others than its owner may do. It is parsed once and strictly: what is not
 * understood is refused by name, because a rule that is quietly dropped opens or closes something that nobody meant.
 * Source: "Policies and permissions in Amazon S3", Amazon S3 User Guide.
 */
import { utf8 } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import { type Action, actions, type Resource } from './action.ts';
import { matchesPattern } from './pattern.ts';

export type Statement = {
  readonly effect: 'Allow' | 'Deny';
  /** Actions of ours, spelled out. */
  readonly actions: ReadonlySet<Action>;
  /** Patterns of `bucket` or `bucket/key`. */
  readonly resources: readonly string[];
};

export type Policy = { readonly statements: readonly Statement[] };

/** Of a bucket's policy as text. Source: the same, "Bucket policies". */
const maxPolicyBytes = 20 * 1024;
const versions = ['2012-10-17', '2008-10-17'];
const arnPrefix = 'arn:aws:s3:::';

type Fields = Readonly<Record<string, unknown>>;

/** The policy of this bucket; rejects what is none with `request.invalid`, `what: policy`. */
export function parsePolicy(text: string, bucket: string): Policy {
  if (utf8(text).byteLength > maxPolicyBytes) throw malformed(`it is larger than ${maxPolicyBytes} bytes`);
  const document = fields(parseJson(text), 'the policy');
  expectOnly(document, ['Version', 'Id', 'Statement']);
  if (!versions.includes(document.Version as string)) throw malformed(`Version must be ${versions.join(' or ')}`);
  const statements = listOf(document.Statement);
  if (statements.length === 0) throw malformed('it needs a Statement');
  return { statements: statements.map((each) => parseStatement(fields(each, 'a Statement'), bucket)) };
}

function parseStatement(statement: Fields, bucket: string): Statement {
  expectOnly(statement, ['Sid', 'Effect', 'Principal', 'Action', 'Resource']);
  const { Effect: effect } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Effect must be Allow or Deny');
  if (!isEverybody(statement.Principal)) throw malformed('Principal must be "*" or {"AWS": "*"}');
  return {
    effect,
    actions: new Set(texts(statement.Action, 'Action').flatMap(actionsOf)),
    resources: texts(statement.Resource, 'Resource').map((arn) => resourcePattern(arn, bucket)),
  };
}

function isEverybody(principal: unknown): boolean {
  if (principal === '*') return true;
  if (typeof principal !== 'object' || principal === null || Object.keys(principal).join() !== 'AWS') return false;
  const named = listOf((principal as Fields).AWS);
  return named.length === 1 && named[0] === '*';
}

/** Names of actions are compared without case. A name that means nothing here would never do what it says. */
function actionsOf(pattern: string): readonly Action[] {
  const named = actions.filter((action) => matchesPattern(pattern.toLowerCase(), action.toLowerCase()));
  if (named.length === 0) throw malformed(`Action ${pattern} names nothing that this store does`);
  return named;
}

function resourcePattern(arn: string, bucket: string): string {
  const pattern = arn.slice(arnPrefix.length);
  const isOwn = pattern === bucket || pattern.startsWith(`${bucket}/`);
  if (!arn.startsWith(arnPrefix) || !isOwn) {
    throw malformed(`Resource ${arn} must be ${arnPrefix}${bucket} or begin with ${arnPrefix}${bucket}/`);
  }
  if (pattern.includes('${')) throw malformed(`Resource ${arn}: variables are not supported`);
  return pattern;
}

/** Whether the policy lets anybody do this: Deny beats Allow, and what nothing allows is denied. */
export function policyAllows(policy: Policy, action: Action, resource: Resource): boolean {
  const about = policy.statements.filter((statement) => isAbout(statement, action, resource));
  return about.some(({ effect }) => effect === 'Allow') && about.every(({ effect }) => effect !== 'Deny');
}

/** Whether it could let anybody do this to some object of the bucket; which ones, each object's own judgement says. */
export function policyAllowsSome({ statements }: Policy, action: Action): boolean {
  return statements.some(
    (statement) =>
      statement.effect === 'Allow' && statement.actions.has(action) && statement.resources.some(isOfObjects),
  );
}

function isOfObjects(pattern: string): boolean {
  return pattern.includes('/');
}

function isAbout(statement: Statement, action: Action, { bucket, key }: Resource): boolean {
  if (bucket === undefined || !statement.actions.has(action)) return false;
  const text = key === undefined ? bucket : `${bucket}/${key}`;
  return statement.resources.some((pattern) => matchesPattern(pattern, text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed(`it is no JSON: ${(cause as Error).message}`);
  }
}

function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${what} must be an object`);
  return value as Fields;
}

function expectOnly(value: Fields, names: readonly string[]): void {
  const other = Object.keys(value).find((name) => !names.includes(name));
  if (other !== undefined) throw malformed(`${other} is not supported; supported are ${names.join(', ')}`);
}

function texts(value: unknown, name: string): readonly string[] {
  const list = listOf(value);
  if (list.length === 0 || !list.every((each) => typeof each === 'string')) throw malformed(`${name} must be text`);
  return list;
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function malformed(why: string): CopysetError {
  return new CopysetError('request.invalid', `The policy is not valid: ${why}`, { details: { what: 'policy' } });
}
