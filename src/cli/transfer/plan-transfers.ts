/**
 * Why: two arguments and `--recursive` say which objects go where; all of that is decided here, before a byte moves.
 */
import { stat, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CopysetError } from '../../base/errors.ts';
import { type LocalLocation, type Location, prefixBelow, printRemote, type RemoteLocation } from '../s3/location.ts';
import { copyRemote } from './copy-remote.ts';
import { downloadObject } from './download.ts';
import { localFiles } from './local-files.ts';
import { makeParents, pathBelow } from './local-path.ts';
import type { Transfer, TransferContext } from './transfer.ts';
import { uploadFile } from './upload.ts';

export type TransferPlan = {
  readonly from: Location;
  readonly to: Location;
  readonly recursive: boolean;
  /** The source is deleted once its copy is whole. */
  readonly move: boolean;
  /** Of what is no file. */
  readonly onSkipped: (path: string) => void;
};

export function planTransfers(plan: TransferPlan, context: TransferContext): AsyncIterable<Transfer> {
  const { from, to } = plan;
  if (from.kind === 'local' && to.kind === 'remote') return uploads(plan, { from, to }, context);
  if (from.kind === 'remote' && to.kind === 'local') return downloads(plan, { from, to }, context);
  if (from.kind === 'remote' && to.kind === 'remote') return copies(plan, { from, to }, context);
  throw new CopysetError('request.invalid', 'both are paths; name one of them as s3://BUCKET/KEY');
}

type Up = { readonly from: LocalLocation; readonly to: RemoteLocation };

async function* uploads({ recursive, move, onSkipped }: TransferPlan, { from, to }: Up, context: TransferContext) {
  const upload = (path: string, key: string, bytes: number): Transfer => {
    const target = { bucket: to.bucket, key };
    const run = async () => {
      const outcome = await uploadFile(path, target, context);
      if (move) await unlink(path);
      return outcome;
    };
    return { from: path, to: printRemote(target), bytes, run };
  };
  if (!recursive) {
    const found = await stat(from.path).catch(() => undefined); // whatever is wrong with it, opening it tells
    yield upload(from.path, keyFor(to.key, basename(from.path)), found?.size ?? 0);
    return;
  }
  for await (const { path, name, bytes } of localFiles(from.path, onSkipped))
    yield upload(path, prefixBelow(to.key) + name, bytes);
}

type Down = { readonly from: RemoteLocation; readonly to: LocalLocation };

async function* downloads({ recursive, move }: TransferPlan, { from, to }: Down, context: TransferContext) {
  const download = (key: string, pathOf: () => string, bytes: number): Transfer => {
    const source = { bucket: from.bucket, key };
    const run = async () => {
      const path = pathOf();
      if (recursive) await makeParents(to.path, path);
      const outcome = await downloadObject(source, path, context);
      if (move) await context.client.delete(source);
      return outcome;
    };
    return { from: printRemote(source), to: to.path, bytes, run };
  };
  if (!recursive) {
    const { bytes } = await context.client.head(named(from));
    const path = (await isDirectory(to.path)) ? pathBelow(to.path, lastName(from.key)) : to.path;
    yield download(from.key, () => path, bytes);
    return;
  }
  for await (const { key, bytes, name } of objectsBelow(from, context)) {
    const marker = name.endsWith('/') && bytes === 0; // some tools make them for directories
    if (!marker) yield { ...download(key, () => pathBelow(to.path, name), bytes), to: join(to.path, name) };
  }
}

type Across = { readonly from: RemoteLocation; readonly to: RemoteLocation };

async function* copies({ recursive, move }: TransferPlan, { from, to }: Across, context: TransferContext) {
  const copy = (fromKey: string, toKey: string, bytes: number): Transfer => {
    const [source, target] = [
      { bucket: from.bucket, key: fromKey },
      { bucket: to.bucket, key: toKey },
    ];
    if (source.bucket === target.bucket && fromKey === toKey)
      throw new CopysetError('request.invalid', `${printRemote(source)} cannot be copied onto itself`);
    const run = async () => {
      const outcome = await copyRemote(source, target, context);
      if (move) await context.client.delete(source);
      return outcome;
    };
    return { from: printRemote(source), to: printRemote(target), bytes, run };
  };
  if (!recursive) {
    const { bytes } = await context.client.head(named(from));
    yield copy(from.key, keyFor(to.key, lastName(from.key)), bytes);
    return;
  }
  if (from.bucket === to.bucket && prefixBelow(to.key).startsWith(prefixBelow(from.key)))
    throw new CopysetError('request.invalid', `${printRemote(to)} lies below ${printRemote(from)}`);
  for await (const { key, bytes, name } of objectsBelow(from, context))
    yield copy(key, prefixBelow(to.key) + name, bytes);
}

/** None at all is more likely a typing error than what was meant. */
async function* objectsBelow({ bucket, key }: RemoteLocation, { client }: TransferContext) {
  const prefix = prefixBelow(key);
  let isEmpty = true;
  for await (const { objects } of client.list(bucket, { prefix })) {
    for (const object of objects) yield { ...object, name: object.key.slice(prefix.length) };
    isEmpty &&= objects.length === 0;
  }
  if (isEmpty) throw new CopysetError('not_found', `no object lies below ${printRemote({ bucket, key: prefix })}`);
}

/** A key that ends with a slash, or none, stands for what lies below it. */
function keyFor(key: string, name: string): string {
  return key === '' || key.endsWith('/') ? key + name : key;
}

function lastName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

function named(location: RemoteLocation): RemoteLocation {
  if (location.key !== '') return location;
  throw new CopysetError('request.invalid', `${printRemote(location)} names no object; give its key, or --recursive`);
}

async function isDirectory(path: string): Promise<boolean> {
  if (path.endsWith('/')) return true;
  const found = await stat(path).catch(() => undefined); // a file that is to be made
  return found?.isDirectory() === true;
}
