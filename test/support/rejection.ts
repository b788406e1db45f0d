import { SmError } from '../../src/domain/errors.ts';
import { settle } from './manual-clock.ts';

/** What the work rejects with. Watched from the call on, so it may reject before it is awaited. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => {
      throw new Error(`did not reject but gave ${String(value)}`);
    },
    (reason: unknown) => reason,
  );
}

export async function failure(work: Promise<unknown>): Promise<SmError> {
  const reason = await rejection(work);
  if (!(reason instanceof SmError)) throw new Error('not an error with a code', { cause: reason });
  return reason;
}

/** Lets callbacks run until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}
