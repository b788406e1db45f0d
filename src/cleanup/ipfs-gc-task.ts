import { hasCode, isOutage } from '../domain/errors.ts';
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
  /**
   * Whether this process knows every file of sWorker's and every order; before, the keeper of pins passes over a sealed file whose record or order is
   * not in the tables yet.
   */
  readonly areFilesKnown: () => Promise<boolean>;
  readonly settings: { readonly thresholdPercent: number; readonly intervalMs: number };
}

/** While this condition stands no new pull starts. */
export const gcHold = 'gc-hold';
/** A collection could take blocks that the daemon does not let be kept. */
export const gcPutOff = 'gc-put-off';

const holdLookMs = 10 * SECOND_MS;
const unknownLookMs = 10 * SECOND_MS;

/**
 * Collects the daemon's garbage when its repository is too full. The daemon would hold new pins back until all running ones have ended; so new
 * pulls are held back here, where it can be said and ended, and the collection starts when nothing is pulled. Nothing is held back for a collection that
 * would take what a pin could keep.
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
    const { clock, conditions, facts, ipfs, settings } = this.#parts;
    if (!(await this.#parts.areFilesKnown())) {
      conditions.clear(gcHold);
      return unknownLookMs;
    }
    const state: GcState = (await facts.find('gc')) ?? untouched;
    if (state.heldSinceMs !== null) return await this.#held(state, Math.min(state.heldSinceMs, clock.nowMs()), signal);
    const pauseMs = pauseLeftMs(state, clock.nowMs(), settings.intervalMs);
    if (pauseMs > 0) return pauseMs;
    if (!isTooFull(await ipfs.repoSize(signal), settings.thresholdPercent)) {
      conditions.clear(gcPutOff);
      return settings.intervalMs;
    }
    const objection = await this.#objection(signal);
    if (objection !== undefined) return await this.#putOff(state, objection);
    await this.#keep({ ...state, heldSinceMs: clock.nowMs() });
    this.#raise();
    // A pull that was being claimed just now shows up by the next look.
    return holdLookMs;
  }

  async #held(state: GcState, heldSinceMs: number, signal: AbortSignal): Promise<number> {
    const { clock, pins, settings } = this.#parts;
    const isNew = this.#raise();
    if (heldSinceMs !== state.heldSinceMs) await this.#keep({ ...state, heldSinceMs });
    const running = await pins.countRunning();
    const isOver = isHoldOver(heldSinceMs, clock.nowMs());
    if (running > 0) {
      if (!isOver) return holdLookMs;
      await this.#giveUp(state, { running });
      return settings.intervalMs;
    }
    return isNew ? holdLookMs : await this.#collectUnlessObjected(state, { isOver }, signal);
  }

  async #giveUp(state: GcState, why: { readonly running: number } | { readonly code: string }): Promise<void> {
    await this.#lift(state, PAUSE_MS);
    this.#parts.logger.warn('Garbage could not be collected within six hours; pulls go on, trying again in a day', why);
  }

  /** Asks again, because the last pulls may have sealed files since: nothing is collected without an answer. */
  async #collectUnlessObjected(
    state: GcState,
    hold: { readonly isOver: boolean },
    signal: AbortSignal,
  ): Promise<number> {
    let objection: string | undefined;
    try {
      objection = await this.#objection(signal);
    } catch (error) {
      // Without its end the hold would last as long as whoever is away, in the next process too.
      if (hold.isOver && isOutage(error)) await this.#giveUp(state, { code: error.code });
      throw error;
    }
    return objection === undefined ? await this.#collect(signal) : await this.#putOff(state, objection);
  }

  /** Why a collection could take what a pin would keep; undefined when it would not. Without an answer at all it throws. */
  async #objection(signal: AbortSignal): Promise<string | undefined> {
    try {
      const { refused, firstRefusal = 'no reason given' } = await this.#parts.pinKeeper.keepPins(signal);
      if (refused > 0) {
        return `it would take blocks of ${formatCount(refused)} sealed ${refused === 1 ? 'file' : 'files'} that the daemon refuses to pin: ${firstRefusal}`;
      }
    } catch (error) {
      // A daemon that answers so may do so for ever: one damaged pin is enough.
      if (!hasCode(error, 'IPFS_REFUSED', 'IPFS_BAD_ANSWER')) throw error;
      return `the daemon does not let sealed files without a pin be found and pinned: ${error.message}`;
    }
    this.#parts.conditions.clear(gcPutOff);
    return undefined;
  }

  async #putOff(state: GcState, objection: string): Promise<number> {
    const { conditions, logger, settings } = this.#parts;
    await this.#lift(state, settings.intervalMs);
    const message = `no garbage is collected, ${objection}`;
    conditions.raise(gcPutOff, { kind: 'wait', part: 'ipfs', message, blocksReady: false });
    logger.warn('No garbage is collected; trying again later', { reason: objection });
    return settings.intervalMs;
  }

  async #lift(state: GcState, pauseMs: number): Promise<void> {
    await this.#keep({ ...state, heldSinceMs: null, notBeforeMs: this.#parts.clock.nowMs() + pauseMs });
    this.#parts.conditions.clear(gcHold);
  }

  async #collect(signal: AbortSignal): Promise<number> {
    const { clock, conditions, ipfs, logger, settings } = this.#parts;
    const soon = (): GcState => ({
      ...untouched,
      lastMs: clock.nowMs(),
      notBeforeMs: clock.nowMs() + settings.intervalMs,
    });
    let next = soon();
    try {
      const before = await ipfs.repoSize(signal);
      // Each try drains the pulls: a collection that fails is not repeated sooner than one that frees nothing.
      next = afterCollection(0, clock.nowMs(), settings.intervalMs);
      const collected = await ipfs.collectGarbage(signal);
      next = soon();
      const after = await ipfs.repoSize(signal);
      const freed = freedPercent(before.sizeBytes, after.sizeBytes);
      next = afterCollection(freed, clock.nowMs(), settings.intervalMs);
      const [firstError] = collected.errors;
      if (firstError !== undefined) logger.warn('Garbage collection left blocks behind', { error: firstError });
      logger.info('Garbage collected', { removedBlocks: collected.removedBlocks, freedPercent: Math.round(freed) });
    } catch (error) {
      if (signal.aborted) next = soon();
      throw error;
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
