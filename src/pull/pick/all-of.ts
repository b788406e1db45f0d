import { worst } from './order-look.ts';

/** Waits for all of them, then rejects with the worst that befell one. */
export async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const error = worst(results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : [])));
  if (error !== undefined) throw error;
}
