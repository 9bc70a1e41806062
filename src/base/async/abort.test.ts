import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { CopysetError } from '../errors.ts';
import { abortedError, anySignal, LinkedAbort, raceAbort, throwIfAborted } from './abort.ts';

const never = new Promise<never>(() => undefined);

test('without a signal the work settles as it does', async () => {
  await expect(raceAbort(Promise.resolve(1), undefined)).resolves.toBe(1);
});

test('the work wins when it settles first', async () => {
  const { signal } = new AbortController();
  await expect(raceAbort(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(raceAbort(Promise.reject(new CopysetError('busy', 'x')), signal)).rejects.toThrow('x');
});

test('an abort rejects at once, before and during the work, with the reason as cause', async () => {
  const during = new AbortController();
  const raced = raceAbort(never, during.signal);
  during.abort('enough');
  await expect(raced).rejects.toMatchObject({ code: 'request.aborted', cause: 'enough' });
  await expect(raceAbort(never, during.signal)).rejects.toMatchObject({ code: 'request.aborted' });
});

test('work that fails after the abort is no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const work = Promise.withResolvers<void>();
  await expect(raceAbort(work.promise, AbortSignal.abort())).rejects.toMatchObject({ code: 'request.aborted' });
  work.reject(new CopysetError('disk.io', 'late'));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('the listener is removed when the work is done', async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const counting = new Proxy(signal, {
    get(target, name) {
      if (name === 'addEventListener') listeners += 1;
      if (name === 'removeEventListener') listeners -= 1;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  await raceAbort(Promise.resolve(1), counting);
  expect(listeners).toBe(0);
});

test('an error of ours given as the reason is the error', () => {
  const reason = new CopysetError('timeout', 'too late');
  expect(abortedError(AbortSignal.abort(reason))).toBe(reason);
  expect(() => throwIfAborted(AbortSignal.abort(reason))).toThrow(reason);
  expect(() => throwIfAborted(undefined)).not.toThrow();
});

test('anySignal aborts with the first that does', () => {
  const controller = new AbortController();
  const both = anySignal(undefined, controller.signal, new AbortController().signal);
  expect(both.aborted).toBe(false);
  controller.abort();
  expect(both.aborted).toBe(true);
});

test('a linked signal aborts by itself or with its parent, and lets go of the parent', () => {
  const parent = new AbortController();
  {
    using alone = new LinkedAbort(parent.signal);
    alone.abort('enough');
    expect([alone.signal.reason, parent.signal.aborted]).toEqual(['enough', false]);
  }
  expect(getEventListeners(parent.signal, 'abort')).toEqual([]);
  using child = new LinkedAbort(parent.signal);
  parent.abort('over');
  using late = new LinkedAbort(parent.signal);
  using orphan = new LinkedAbort(undefined);
  expect([child, late, orphan].map(({ signal }) => signal.reason)).toEqual(['over', 'over', undefined]);
});
