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

/** The platform counts no further: a timer set to more (24.8 days) would ring at once. */
const longestTimerMs = 2 ** 31 - 1;

export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    let leftMs = durationMs;
    for (; leftMs > longestTimerMs; leftMs -= longestTimerMs) await timer(longestTimerMs, signal);
    await timer(leftMs, signal);
  }
}

async function timer(durationMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timeout);
      reject(signal.reason);
    };
    const timeout = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    signal.addEventListener('abort', stop, { once: true });
  });
}
