import { MINUTE_MS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';

const PROBE_MS = MINUTE_MS;

export const upgradeCondition = 'sworker-upgrading';

/**
 * Holds pulls back after sWorker refused one because it upgrades. Its reads answer all the while, so the end of the upgrade shows only when
 * one pull a minute, as a probe, is taken.
 */
export class UpgradeHold {
  readonly #parts: LoopParts;
  #nextProbeMs: number | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  get isStanding(): boolean {
    return this.#nextProbeMs !== undefined;
  }

  get isProbeDue(): boolean {
    return this.#nextProbeMs !== undefined && this.#parts.clock.monotonicMs() >= this.#nextProbeMs;
  }

  noteProbe(): void {
    this.#nextProbeMs = this.#parts.clock.monotonicMs() + PROBE_MS;
  }

  noteRefused(): void {
    this.noteProbe();
    const isNew = this.#parts.conditions.raise(upgradeCondition, {
      kind: 'wait',
      part: 'sworker',
      message: 'sWorker is upgrading and takes no file',
    });
    if (isNew) this.#parts.logger.warn('sWorker is upgrading: no pull starts until it takes files again');
  }

  noteTaken(): void {
    if (!this.isStanding) return;
    this.#nextProbeMs = undefined;
    if (this.#parts.conditions.clear(upgradeCondition)) this.#parts.logger.info('sWorker takes files again');
  }
}
