import { MINUTE_MS, SECOND_MS } from '../../domain/units.ts';
import { runLoop, type LoopParts } from '../../runtime/loop.ts';
import { WakeUp } from '../../runtime/wake-up.ts';
import type { CoordinatorMarks } from '../../store/coordinator-marks.ts';
import type { PullCoordinator } from '../ports.ts';
import { coordinatorBackOffBlocks } from '../rules/back-off.ts';

const INTERVAL_MS = MINUTE_MS;
const RETRY_MS = 15 * SECOND_MS;
const DISABLED_MS = 30 * MINUTE_MS;
const DRAIN_SIZE = 100;

/** `aside` with blocks until the next look, null for none but a re-order. */
export type SealGrant =
  | { readonly kind: 'granted' }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'aside'; readonly reason: string; readonly afterBlocks: number | null };

interface DeskParts extends LoopParts {
  readonly coordinator: PullCoordinator | undefined;
  readonly marks: CoordinatorMarks;
}

/** Asks the seal coordinator before a claim and tells it afterwards what was not used. Without a coordinator everything is granted. */
export class CoordinatorDesk {
  readonly #parts: DeskParts;
  readonly #wake: WakeUp;
  readonly #turns = new Map<string, Promise<void>>();
  #isGreeted = false;
  #disabledUntilMs = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#wake = new WakeUp(parts.clock);
  }

  /** Why no pull may start, as far as the coordinator is concerned. */
  get hold(): string | undefined {
    if (this.#parts.coordinator === undefined) return undefined;
    if (!this.#isGreeted) return 'the seal coordinator has not answered yet';
    const isDisabled = this.#parts.clock.monotonicMs() < this.#disabledUntilMs;
    return isDisabled ? 'the seal coordinator has disabled pulls' : undefined;
  }

  /**
   * Asks whether this node may seal the file, which was refused `refusals` times in a row so far. The wish is stored before and settled by the
   * claim or by `withdraw`.
   */
  async request(cid: string, refusals: number, signal: AbortSignal): Promise<SealGrant> {
    const { coordinator, marks, clock } = this.#parts;
    if (coordinator === undefined) return { kind: 'granted' };
    return await this.#inTurn(cid, async () => {
      await marks.wish(cid, clock.nowMs());
      try {
        const answer = await coordinator.requestSeal(cid, signal);
        if (answer.seal) return { kind: 'granted' };
        await this.withdraw(cid);
        return this.#refused(answer.reason, refusals);
      } catch (error) {
        this.#isGreeted = false;
        await this.withdraw(cid);
        throw error;
      }
    });
  }

  /** Gives a wish back that no claim settled. */
  async withdraw(cid: string): Promise<void> {
    if (this.#parts.coordinator === undefined) return;
    await this.#parts.marks.releaseWish(cid, this.#parts.clock.nowMs());
    this.#wake.call();
  }

  /** A pull ended: a DELETE may be owed now. */
  pullEnded(): void {
    this.#wake.call();
  }

  /** Greets the coordinator and sends what is owed to it, until stopped. */
  async run(signal: AbortSignal): Promise<void> {
    const { coordinator, marks, clock } = this.#parts;
    if (coordinator === undefined) return;
    await marks.releaseAll(clock.nowMs());
    let isWaiting = false;
    const options = { name: 'pull-coordinator', intervalMs: 0, retryMs: RETRY_MS };
    await runLoop(this.#parts, options, signal, async () => {
      // At the head of a round, so that a round that ended well clears its outage at once.
      if (isWaiting) await this.#wake.wait(INTERVAL_MS, signal);
      isWaiting = false;
      await this.#settle(coordinator, signal);
      isWaiting = true;
    });
  }

  async #settle(coordinator: PullCoordinator, signal: AbortSignal): Promise<void> {
    try {
      if (!this.#isGreeted) await coordinator.ping(signal);
      this.#isGreeted = true;
      await this.#drain(coordinator, signal);
    } catch (error) {
      this.#isGreeted = false;
      throw error;
    }
  }

  #refused(reason: 'skipFile' | 'pullDisabled' | 'failed', refusals: number): SealGrant {
    if (reason === 'skipFile') return { kind: 'aside', reason, afterBlocks: null };
    if (reason === 'failed') return { kind: 'aside', reason, afterBlocks: coordinatorBackOffBlocks(refusals + 1) };
    this.#disabledUntilMs = this.#parts.clock.monotonicMs() + DISABLED_MS;
    return { kind: 'disabled' };
  }

  async #drain(coordinator: PullCoordinator, signal: AbortSignal): Promise<void> {
    const { marks } = this.#parts;
    for (;;) {
      const owed = await marks.listReleasing(DRAIN_SIZE);
      for (const cid of owed) {
        await this.#inTurn(cid, async () => {
          // It may have been asked for again since the list was read.
          if (!(await marks.isReleasing(cid))) return;
          await coordinator.withdrawSeal(cid, signal);
          await marks.released(cid);
        });
      }
      if (owed.length < DRAIN_SIZE) return;
    }
  }

  /** One question about a CID at a time: a late DELETE must not take away what was granted after it. */
  async #inTurn<T>(cid: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(cid) ?? Promise.resolve();
    const result = before.then(work);
    const turn = result.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(cid, turn);
    try {
      return await result;
    } finally {
      if (this.#turns.get(cid) === turn) this.#turns.delete(cid);
    }
  }
}
