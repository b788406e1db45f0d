import { isOutage } from '../domain/errors.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../domain/units.ts';
import { partOf, runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import { WakeUp } from '../runtime/wake-up.ts';

interface PinKeeperTaskParts extends LoopParts {
  readonly keepPins: (signal: AbortSignal) => Promise<boolean>;
}

/** What a process before has left is taken up by then. */
const firstAfterMs = 10 * SECOND_MS;
/** Doubts of so long are looked at together, and a daemon that was lost is back by then. */
const gatherMs = 30 * SECOND_MS;
const againAfterMs = 10 * MINUTE_MS;

/** Looks for sealed files without a pin after the start, once a day, and soon after a pull that ended sealed without the daemon's word for the pin. */
export class PinKeeperTask implements Task {
  readonly name = 'pin-keeper';
  /** Pins sealed files again whose pin is missing. @returns false when the daemon refused to pin some whose blocks it may have */
  readonly keepPins: (signal: AbortSignal) => Promise<boolean>;
  readonly #parts: PinKeeperTaskParts;
  readonly #wakeUp: WakeUp;

  constructor(parts: PinKeeperTaskParts) {
    this.#parts = parts;
    this.keepPins = parts.keepPins;
    this.#wakeUp = new WakeUp(parts.clock);
  }

  /** Some file may be sealed without a pin. */
  notify(): void {
    this.#wakeUp.call();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.notify();
    const options = { name: this.name, intervalMs: gatherMs, firstAfterMs };
    await runLoop(this.#parts, options, signal, async () => {
      await this.#wakeUp.wait(DAY_MS, signal);
      return await this.#round(signal);
    });
  }

  async #round(signal: AbortSignal): Promise<number | undefined> {
    try {
      await this.keepPins(signal);
      return undefined;
    } catch (error) {
      // Whoever cannot do without the missing part says so by a condition; this can wait.
      if (!isOutage(error) || ['database', 'disk'].includes(partOf(error.code))) throw error;
      this.#parts.logger.warn('Whether sealed files are pinned could not be asked', { code: error.code }, error);
      this.notify();
      return againAfterMs;
    }
  }
}
