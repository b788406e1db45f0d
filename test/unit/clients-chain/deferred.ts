export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** A promise that a test settles. */
export function deferred<T>(): Deferred<T> {
  const handles: { resolve?: (value: T) => void } = {};
  const promise = new Promise<T>((resolve) => (handles.resolve = resolve));
  return { promise, resolve: (value) => handles.resolve?.(value) };
}

/** The error that `work` fails with. Begins to wait at once, so that the failure is never unhandled. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
