import { setTimeout as delay } from 'node:timers/promises';

/**
 * The only source of time. `nowMs` is Unix time and may be stepped by an operator; `monotonicMs` never goes back.
 * `sleep` resolves after `durationMs`, or rejects with the signal's abort reason; it leaves no listener behind.
 */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    await delay(durationMs, undefined, { signal });
  }
}
