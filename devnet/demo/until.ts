import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MS = 500;

/**
 * Looks again and again until something is so; false when `timeoutMs` have passed without it. `signal` ends the whole demo and rejects.
 */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() >= endMs) return false;
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
  return true;
}
