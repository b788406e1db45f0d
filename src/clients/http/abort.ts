import { isAbort } from '../../domain/errors.ts';

/** What a call rejects with after its signal was aborted: the signal's own abort error, or one that carries the signal's reason as its cause. */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && isAbort(reason)) return reason;
  const error = new Error('The call was aborted', { cause: reason });
  error.name = 'AbortError';
  return error;
}
