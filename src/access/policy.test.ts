import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCopysetError } from '../base/errors.ts';
import type { Action, Resource } from './action.ts';
import { decide } from './decide.ts';
import { anonymous, rootIdentity } from './identity.ts';
import { matchesPattern } from './pattern.ts';
import { parsePolicy } from './policy.ts';

const all = 'arn:aws:s3:::bucket/*';
const publicRead = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: all };

function policyText(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

function may(text: string, action: Action, resource: Resource): boolean {
  return decide(anonymous, action, { resource, policy: parsePolicy(text, 'bucket') }) === 'allow';
}

const object = { bucket: 'bucket', key: 'a/b' };

describe('what a policy allows', () => {
  test.each([
    ['one action on all objects', publicRead, true],
    ['a list of actions', { ...publicRead, Action: ['s3:PutObject', 's3:GetObject'] }, true],
    ['a name in other letters', { ...publicRead, Action: 'S3:getobject' }, true],
    ['a pattern of names', { ...publicRead, Action: 's3:Get*' }, true],
    ['everything', { ...publicRead, Action: 's3:*' }, true],
    ['everything of every service', { ...publicRead, Action: '*' }, true],
    ['a principal by kind', { ...publicRead, Principal: { AWS: '*' } }, true],
    ['a principal in a list', { ...publicRead, Principal: { AWS: ['*'] } }, true],
    ['the prefix of the key', { ...publicRead, Resource: 'arn:aws:s3:::bucket/a/*' }, true],
    ['one character', { ...publicRead, Resource: 'arn:aws:s3:::bucket/a/?' }, true],
    ['another prefix', { ...publicRead, Resource: 'arn:aws:s3:::bucket/b/*' }, false],
    ['a key in other letters', { ...publicRead, Resource: 'arn:aws:s3:::bucket/A/*' }, false],
    ['another action', { ...publicRead, Action: 's3:PutObject' }, false],
    ['the bucket alone', { ...publicRead, Resource: 'arn:aws:s3:::bucket' }, false],
  ])('%s', (_, statement, allowed) => {
    expect(may(policyText(statement), 's3:GetObject', object)).toBe(allowed);
  });

  test('the bucket is another resource than what lies in it', () => {
    const list = { ...publicRead, Action: 's3:ListBucket', Resource: 'arn:aws:s3:::bucket' };
    expect(may(policyText(list), 's3:ListBucket', { bucket: 'bucket' })).toBe(true);
    expect(may(policyText({ ...list, Resource: all }), 's3:ListBucket', { bucket: 'bucket' })).toBe(false);
  });

  test('another bucket never, and the service never', () => {
    const text = policyText({ ...publicRead, Action: '*', Resource: ['arn:aws:s3:::bucket', all] });
    expect(may(text, 's3:GetObject', { bucket: 'bucket2', key: 'a/b' })).toBe(false);
    expect(may(text, 's3:ListAllMyBuckets', {})).toBe(false);
  });

  test('Deny beats Allow in any order', () => {
    const deny = { ...publicRead, Effect: 'Deny', Resource: 'arn:aws:s3:::bucket/a/*' };
    for (const text of [policyText(publicRead, deny), policyText(deny, publicRead)]) {
      expect(may(text, 's3:GetObject', object)).toBe(false);
      expect(may(text, 's3:GetObject', { bucket: 'bucket', key: 'c' })).toBe(true);
    }
  });

  test('the root is not bound by it', () => {
    const policy = parsePolicy(policyText({ ...publicRead, Effect: 'Deny', Action: '*' }), 'bucket');
    expect(decide(rootIdentity('AKID'), 's3:GetObject', { resource: object, policy })).toBe('allow');
  });
});

describe('what is no policy is refused, and named', () => {
  test.each([
    ['no JSON', '{', 'no JSON'],
    ['no object', '[]', 'must be an object'],
    ['null', 'null', 'must be an object'],
    ['no version', JSON.stringify({ Statement: [publicRead] }), 'Version'],
    ['no statement', policyText(), 'Statement'],
    ['an unknown member', JSON.stringify({ Version: '2012-10-17', Statement: publicRead, Foo: 1 }), 'Foo'],
    ['a condition', policyText({ ...publicRead, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }), 'Condition'],
    ['NotAction', policyText({ ...publicRead, NotAction: 's3:GetObject' }), 'NotAction'],
    ['an effect that is none', policyText({ ...publicRead, Effect: 'allow' }), 'Effect'],
    ['somebody', policyText({ ...publicRead, Principal: { AWS: 'arn:aws:iam::1:root' } }), 'Principal'],
    ['a service', policyText({ ...publicRead, Principal: { Service: '*' } }), 'Principal'],
    ['everybody and somebody', policyText({ ...publicRead, Principal: { AWS: ['*', '1'] } }), 'Principal'],
    ['no principal', policyText({ ...publicRead, Principal: undefined }), 'Principal'],
    ['an unknown action', policyText({ ...publicRead, Action: 's3:GetObjct' }), 's3:GetObjct'],
    ['an action of another service', policyText({ ...publicRead, Action: 'ec2:*' }), 'ec2:*'],
    ['no action', policyText({ ...publicRead, Action: [] }), 'Action'],
    ['an action that is no text', policyText({ ...publicRead, Action: [1] }), 'Action'],
    ['no resource', policyText({ ...publicRead, Resource: undefined }), 'Resource'],
    ['another bucket', policyText({ ...publicRead, Resource: 'arn:aws:s3:::other/*' }), 'arn:aws:s3:::other/*'],
    ['a bucket that begins the same', policyText({ ...publicRead, Resource: 'arn:aws:s3:::bucket2/*' }), 'bucket2'],
    ['every bucket', policyText({ ...publicRead, Resource: 'arn:aws:s3:::*' }), 'Resource'],
    ['no ARN', policyText({ ...publicRead, Resource: 'bucket/*' }), 'Resource bucket/*'],
    ['a variable', policyText({ ...publicRead, Resource: `${all}\${aws:username}` }), 'variables'],
    ['more than 20 KiB', policyText({ ...publicRead, Sid: 'x'.repeat(20_480) }), 'larger than'],
  ])('%s', (_, text, named) => {
    expect(() => parsePolicy(text, 'bucket')).toThrowError(
      expect.toSatisfy((error: unknown) => {
        const isOurs = isCopysetError(error, 'request.invalid') && error.details.what === 'policy';
        return isOurs && error.message.includes(named);
      }),
    );
  });
});

describe('patterns', () => {
  test('a text matches itself, and with any of its parts as a star', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, text, (before, between, after) => {
        expect(matchesPattern(before + between + after, before + between + after)).toBe(true);
        expect(matchesPattern(`${before}*${after}`, before + between + after)).toBe(true);
        expect(matchesPattern(`${before}**`, before + between + after)).toBe(true);
      }),
    );
  });

  test('as a regular expression says it', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (wanted, given) => {
        const expected = new RegExp(`^${wanted.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(given);
        expect(matchesPattern(wanted, given)).toBe(expected);
      }),
    );
  });

  test('many stars do not take for ever', () => {
    expect(matchesPattern(`${'*a'.repeat(500)}b`, 'a'.repeat(1024))).toBe(false);
  });
});
