import { SECOND_MS } from '../domain/units.ts';
import { formatCount } from '../lib/format.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Database } from '../store/database.ts';
import type { Facts } from '../store/facts.ts';
import type { PinRows } from '../store/pin-rows.ts';
import {
  afterCollection,
  freedPercent,
  isHoldOver,
  isTooFull,
  pauseLeftMs,
  PAUSE_MS,
  untouched,
  type GcState,
} from './gc-rule.ts';
import type { GcIpfs } from './ports.ts';

export interface IpfsGcParts extends LoopParts {
  readonly ipfs: GcIpfs;
  readonly database: Database;
  readonly facts: Facts;
  readonly pins: Pick<PinRows, 'countRunning'>;
  /**
   * Pins sealed files again whose pin is missing: a collection would take their blocks from the daemon. `refused`: those that it did not pin though it
   * may have their blocks.
   */
  readonly pinKeeper: {
    keepPins(signal: AbortSignal): Promise<{ readonly refused: number; readonly firstRefusal: string | undefined }>;
  };
  readonly settings: { readonly thresholdPercent: number; readonly intervalMs: number };
}

/** While this condition stands no new pull starts. */
export const gcHold = 'gc-hold';
/** A collection would take blocks that the daemon does not let be kept. */
export const gcPutOff = 'gc-put-off';

const holdLookMs = 10 * SECOND_MS;

/**
 * Collects the daemon's garbage when its repository is too full. The daemon would hold new pins back until all running ones have ended; so new
 * pulls are held back here, where it can be said and ended, and the collection starts when nothing is pulled.
 */
export class IpfsGcTask implements Task {
  readonly name = 'ipfs-gc';
  readonly #parts: IpfsGcParts;

  constructor(parts: IpfsGcParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { intervalMs } = this.#parts.settings;
    await runLoop(this.#parts, { name: this.name, intervalMs }, signal, async () => await this.#round(signal));
  }

  async #round(signal: AbortSignal): Promise<number> {
    const { clock, facts, ipfs, settings } = this.#parts;
    const state: GcState = (await facts.find('gc')) ?? untouched;
    if (state.heldSinceMs !== null) return await this.#held(state, Math.min(state.heldSinceMs, clock.nowMs()), signal);
    const pauseMs = pauseLeftMs(state, clock.nowMs(), settings.intervalMs);
    if (pauseMs > 0) return pauseMs;
    if (!isTooFull(await ipfs.repoSize(signal), settings.thresholdPercent)) {
      this.#parts.conditions.clear(gcPutOff);
      return settings.intervalMs;
    }
    await this.#keep({ ...state, heldSinceMs: clock.nowMs() });
    this.#raise();
    // A pull that was being claimed just now shows up by the next look.
    return holdLookMs;
  }

  async #held(state: GcState, heldSinceMs: number, signal: AbortSignal): Promise<number> {
    const { clock, logger, pins, settings } = this.#parts;
    const isNew = this.#raise();
    const running = await pins.countRunning();
    if (running === 0) return isNew ? holdLookMs : await this.#keepAndCollect(state, signal);
    if (!isHoldOver(heldSinceMs, clock.nowMs())) {
      if (heldSinceMs !== state.heldSinceMs) await this.#keep({ ...state, heldSinceMs });
      return holdLookMs;
    }
    await this.#lift(state, PAUSE_MS);
    logger.warn('Pulls did not end in time for garbage collection; trying again in a day', { running });
    return settings.intervalMs;
  }

  async #keepAndCollect(state: GcState, signal: AbortSignal): Promise<number> {
    const { pinKeeper, logger, settings } = this.#parts;
    // Nothing is collected while it cannot be asked whether every sealed file is pinned.
    const { refused, firstRefusal } = await pinKeeper.keepPins(signal);
    if (refused === 0) return await this.#collect(signal);
    await this.#lift(state, settings.intervalMs);
    this.#putOff(refused, firstRefusal);
    logger.warn('No garbage is collected while the daemon refuses to pin sealed files; trying again later', {
      files: refused,
      reason: firstRefusal,
    });
    return settings.intervalMs;
  }

  #putOff(refused: number, firstRefusal = 'no reason given'): void {
    this.#parts.conditions.raise(gcPutOff, {
      kind: 'wait',
      part: 'ipfs',
      message: `no garbage is collected, it would take blocks of ${formatCount(refused)} sealed ${refused === 1 ? 'file' : 'files'} that the daemon refuses to pin: ${firstRefusal}`,
      blocksReady: false,
    });
  }

  async #lift(state: GcState, pauseMs: number): Promise<void> {
    await this.#keep({ ...state, heldSinceMs: null, notBeforeMs: this.#parts.clock.nowMs() + pauseMs });
    this.#parts.conditions.clear(gcHold);
  }

  async #collect(signal: AbortSignal): Promise<number> {
    const { clock, conditions, ipfs, logger, settings } = this.#parts;
    conditions.clear(gcPutOff);
    let next: GcState = { ...untouched, lastMs: clock.nowMs(), notBeforeMs: clock.nowMs() + settings.intervalMs };
    try {
      const before = await ipfs.repoSize(signal);
      const collected = await ipfs.collectGarbage(signal);
      const after = await ipfs.repoSize(signal);
      const freed = freedPercent(before.sizeBytes, after.sizeBytes);
      next = afterCollection(freed, clock.nowMs(), settings.intervalMs);
      const [firstError] = collected.errors;
      if (firstError !== undefined) logger.warn('Garbage collection left blocks behind', { error: firstError });
      logger.info('Garbage collected', { removedBlocks: collected.removedBlocks, freedPercent: Math.round(freed) });
    } finally {
      conditions.clear(gcHold);
      await this.#keep(next);
    }
    return settings.intervalMs;
  }

  #raise(): boolean {
    return this.#parts.conditions.raise(gcHold, {
      kind: 'wait',
      part: 'ipfs',
      message: 'the IPFS repository is nearly full: no new pull starts until garbage was collected',
      blocksReady: false,
    });
  }

  async #keep(state: GcState): Promise<void> {
    await this.#parts.database.write('event', async (tx) => await this.#parts.facts.set(tx, 'gc', state));
  }
}
