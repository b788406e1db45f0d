import { setMaxListeners } from 'node:events';

/** Settles as `work` does, or rejects with the signal's reason when that comes first; leaves no listener behind. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw signal.reason;
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** One for all: a reason of its own for each would cost a stack trace a question. */
const over = new DOMException('over', 'AbortError');

/**
 * Runs `work` under a signal of its own that follows `parent`. Made by hand because `AbortSignal.any` keeps every child of a long-lived parent
 * in memory on Node 20.
 */
export async function underChildSignal<T>(
  parent: AbortSignal,
  work: (control: AbortController) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted();
  const control = new AbortController();
  // Every question under way listens to it: many listeners are no leak here.
  setMaxListeners(0, control.signal);
  const onAbort = (): void => control.abort(parent.reason);
  parent.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(control);
  } finally {
    parent.removeEventListener('abort', onAbort);
    control.abort(over);
  }
}

/** All results in order. The first failure aborts the others; it is thrown when all have settled, so that nothing is left running. */
export async function allOrNone<T>(
  parent: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<T[]> {
  return underChildSignal(parent, async (control) => {
    const running = works.map(async (work) => {
      try {
        return await work(control.signal);
      } catch (error) {
        control.abort(error);
        throw error;
      }
    });
    const settled = await Promise.allSettled(running);
    if (control.signal.aborted) throw control.signal.reason;
    return settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
  });
}
