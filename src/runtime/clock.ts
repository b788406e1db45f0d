/**
 * The only source of time. `nowMs` is Unix time and may be stepped by an operator; `monotonicMs` never goes back; the system's
 * counts from the start of the process.
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
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, durationMs);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}
