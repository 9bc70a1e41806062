/** Why: what comes over the wire is checked against the contract's table before anybody acts on it. */
import { CopysetError } from '../base/errors.ts';
import { type FieldType, type Operation, type OperationName, operations } from './contract.ts';

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(operations, name);
}

/** The input as given, checked: every field that is needed, each of its type, and none that is not known. */
export function readInput(name: OperationName, text: string): Readonly<Record<string, unknown>> {
  const { input: fields }: Operation = operations[name];
  const given = parseObject(name, text);
  for (const field of Object.keys(given)) {
    if (!Object.hasOwn(fields, field)) throw invalid(name, `has no field "${field}"`);
  }
  for (const [field, type] of Object.entries(fields)) {
    if (!fits(given[field], type)) throw invalid(name, `${field} must be a ${type.replace('?', ', or left out')}`);
  }
  return given;
}

function parseObject(name: OperationName, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new CopysetError('request.invalid', `${name}: the input is no JSON`, { cause });
  }
  throw invalid(name, 'the input must be an object');
}

function fits(value: unknown, type: FieldType): boolean {
  return value === undefined ? type.endsWith('?') : typeof value === type.replace('?', '');
}

function invalid(name: OperationName, problem: string): CopysetError {
  return new CopysetError('request.invalid', `${name}: ${problem}`);
}
