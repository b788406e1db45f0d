import { hasCode } from '../domain/errors.ts';
import type { SealParts } from './ports.ts';

/** sWorker's pending list: progress of running pulls, and orphan seals, which no pull of ours began. */
export class PendingLook {
  readonly #parts: SealParts;
  #orphans: ReadonlySet<string> = new Set();

  constructor(parts: SealParts) {
    this.#parts = parts;
  }

  get orphanSeals(): number {
    return this.#orphans.size;
  }

  async look(signal: AbortSignal): Promise<void> {
    const { clock, logger, settings, store, sworker } = this.#parts;
    const willBeEnded = settings.endOrphanSeals && settings.mode === 'delete';
    const pending = await sworker.pendingFiles(signal);
    await store.pending.progress(pending, clock.nowMs());
    // Asked after the list was read: a pull has its record before anything of it can stand in the list.
    const strangers = await store.pending.strangers(pending.map((file) => file.cid));
    const standing = this.#orphans;
    this.#orphans = new Set(strangers);
    for (const cid of strangers) {
      if (!standing.has(cid)) {
        logger.warn('sWorker seals a file that no pull of ours began', { cid, willBeEnded });
      } else if (willBeEnded) {
        await this.#end(cid, signal);
      }
    }
  }

  async #end(cid: string, signal: AbortSignal): Promise<void> {
    const { logger, sworker } = this.#parts;
    try {
      const answer = await sworker.endSeal(cid, signal);
      logger.warn('Ended a seal that no pull of ours began', { cid, answer });
    } catch (error) {
      if (!hasCode(error, 'SWORKER_REFUSED')) throw error;
      logger.warn('A seal that no pull of ours began could not be ended', { cid, code: error.code }, error);
    }
  }
}
