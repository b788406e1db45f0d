import { setMaxListeners } from 'node:events';
import { isAbort } from '../domain/errors.ts';
import type { Task } from './task.ts';

/**
 * Runs all tasks until `signal` is aborted or one of them rejects; then the others are told to stop and waited for.
 * Resolves when all ended on request, rejects with the first error, of which `onFailure` hears before the others are waited for.
 */
export async function supervise(
  tasks: readonly Task[],
  signal: AbortSignal,
  onFailure?: (error: unknown) => void,
): Promise<void> {
  const stop = new AbortController();
  // Every question under way listens to it; that many are no leak.
  setMaxListeners(0, stop.signal);
  const onAbort = (): void => stop.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  let first: { readonly error: unknown } | undefined;
  try {
    await Promise.all(
      tasks.map(async (task) => {
        try {
          await task.run(stop.signal);
          if (!stop.signal.aborted) throw new Error(`task ${task.name} ended without being told to`);
        } catch (error) {
          if (stop.signal.aborted && isAbort(error)) return;
          if (first === undefined) {
            first = { error };
            onFailure?.(error);
          }
          stop.abort();
        }
      }),
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  if (first !== undefined) throw first.error;
}
