import { DAY_MS, HOUR_MS } from '../domain/units.ts';

/** How long new pulls are held back for a collection that waits for running ones. */
const HOLD_MS = 6 * HOUR_MS;
/** After a hold that was lifted, or a collection that freed less than this, the next one comes a day later. */
const FREED_ENOUGH_PERCENT = 5;
export const PAUSE_MS = DAY_MS;

/** What the collector remembers; Unix ms. */
export interface GcState {
  readonly lastMs: number;
  readonly freedPercent: number;
  readonly heldSinceMs: number | null;
  readonly notBeforeMs: number;
}

export const untouched: GcState = { lastMs: 0, freedPercent: 0, heldSinceMs: null, notBeforeMs: 0 };

/** How long is left until a collection may be thought of again. A moment further away than any rule sets was put there by another clock. */
export function pauseLeftMs(state: GcState, nowMs: number, intervalMs: number): number {
  const leftMs = state.notBeforeMs - nowMs;
  return leftMs <= 0 || leftMs > Math.max(PAUSE_MS, intervalMs) ? 0 : leftMs;
}

export function isHoldOver(heldSinceMs: number, nowMs: number): boolean {
  return nowMs - heldSinceMs >= HOLD_MS;
}

/** A repository without a limit is never too full. */
export function isTooFull(
  size: { readonly sizeBytes: number; readonly storageMaxBytes: number | null },
  thresholdPercent: number,
): boolean {
  if (size.storageMaxBytes === null || size.storageMaxBytes === 0) return false;
  return (100 * size.sizeBytes) / size.storageMaxBytes > thresholdPercent;
}

/** Percent of the repository that a collection freed. */
export function freedPercent(beforeBytes: number, afterBytes: number): number {
  return beforeBytes === 0 ? 0 : (100 * Math.max(0, beforeBytes - afterBytes)) / beforeBytes;
}

export function afterCollection(freed: number, nowMs: number, intervalMs: number): GcState {
  const pauseMs = freed < FREED_ENOUGH_PERCENT ? Math.max(PAUSE_MS, intervalMs) : intervalMs;
  return { lastMs: nowMs, freedPercent: freed, heldSinceMs: null, notBeforeMs: nowMs + pauseMs };
}
