import { isOutage } from '../domain/errors.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../domain/units.ts';
import { partOf, runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { KeptPins, PinKeeper } from './reconcile/pin-keeper.ts';
import { WakeUp } from '../runtime/wake-up.ts';

interface PinKeeperTaskParts extends LoopParts {
  readonly keeper: Pick<PinKeeper, 'keepAll'>;
}

/** What a process before has left is taken up by then. */
const firstAfterMs = 10 * SECOND_MS;
/** Doubts of so long are looked at together, and a daemon that was lost is back by then. */
const gatherMs = 30 * SECOND_MS;
const againAfterMs = 10 * MINUTE_MS;

/** Looks for sealed files without a pin after the start, once a day, and soon after a pull that ended sealed without the daemon's word for the pin. */
export class PinKeeperTask implements Task {
  readonly name = 'pin-keeper';
  readonly #parts: PinKeeperTaskParts;
  readonly #wakeUp: WakeUp;

  constructor(parts: PinKeeperTaskParts) {
    this.#parts = parts;
    this.#wakeUp = new WakeUp(parts.clock);
  }

  /** Some file may be sealed without a pin. */
  notify(): void {
    this.#wakeUp.call();
  }

  /** Pins sealed files again whose pin is missing, and says so. */
  async keepPins(signal: AbortSignal): Promise<KeptPins> {
    const { keeper, logger } = this.#parts;
    const kept = await keeper.keepAll(signal);
    const { pinned, incomplete, refused, firstRefusal } = kept;
    if (pinned > 0) logger.info('Sealed files whose pin was missing are pinned again', { files: pinned });
    const left = incomplete + refused;
    if (left === 0) return kept;
    const reason = firstRefusal ?? 'the daemon lacks some of their blocks';
    logger.warn('Sealed files without a pin cannot be pinned again', { files: left, reason });
    return kept;
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
