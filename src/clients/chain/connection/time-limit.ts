import type { Clock } from '../../../runtime/clock.ts';
import { underChildSignal, unlessAborted } from './signals.ts';
import { unreachable } from './transport.ts';

interface TimeLimitParts {
  readonly endPoint: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Nothing at all came while a question waited: a connection that died without saying so. */
  readonly onSilence: () => void;
}

/** Bounds the answers of one end point in time. */
export class TimeLimit {
  readonly #parts: TimeLimitParts;
  #lastAnswerAtMs = 0;

  constructor(parts: TimeLimitParts) {
    this.#parts = parts;
  }

  /** Rejects with `CHAIN_UNREACHABLE` when the time is over. */
  async run<T>(parent: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const startedAtMs = this.#parts.clock.monotonicMs();
    return underChildSignal(parent, async (control) => {
      void this.#expire(control, startedAtMs);
      const answer = await unlessAborted(work(control.signal), control.signal);
      this.#lastAnswerAtMs = this.#parts.clock.monotonicMs();
      return answer;
    });
  }

  async #expire(control: AbortController, startedAtMs: number): Promise<void> {
    const { clock, endPoint, timeoutMs, onSilence } = this.#parts;
    try {
      await clock.sleep(timeoutMs, control.signal);
    } catch (error) {
      if (control.signal.aborted) return;
      throw error;
    }
    control.abort(unreachable(endPoint, 'timeout'));
    if (this.#lastAnswerAtMs <= startedAtMs) onSilence();
  }
}
