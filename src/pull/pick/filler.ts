import type { Order } from '../../domain/order.ts';
import { SECOND_MS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Candidates } from '../../store/candidates.ts';
import type { PullPermit } from '../../store/pulls.ts';
import type { HeadBlock } from '../run/head-block.ts';
import type { RunningPulls } from '../run/running-pulls.ts';
import type { SealProof } from '../run/seal-proof.ts';
import type { UpgradeHold } from '../run/upgrade-hold.ts';
import { MOST_ASIDE, type Chooser, type Round } from './chooser.ts';
import type { Claiming } from './claiming.ts';
import { heldCondition, pinsHeldBack, type Gate } from './gate.ts';
import { type OrderLook, worst } from './order-look.ts';
import { QueueHeads } from './queue-heads.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { ReadyOrder } from './stock.ts';

const MOST_AT_ONCE = 32;
const MOST_A_ROUND = 500;
const HEADS_AT_ONCE = 160;
/** Slots that are freed meanwhile are filled by what the round began with: the workload, the head, the heads of the queue. */
const ROUND_LASTS_MS = SECOND_MS;

interface FillerParts extends LoopParts {
  readonly head: HeadBlock;
  readonly candidates: Candidates;
  readonly running: RunningPulls;
  readonly gate: Gate;
  readonly chooser: Chooser;
  readonly look: OrderLook;
  readonly ahead: ReadAhead;
  readonly claiming: Claiming;
  readonly sealProof: SealProof;
  readonly upgradeHold: UpgradeHold;
  readonly launch: (permit: PullPermit) => void;
}

/** Fills free slots with pulls: one round after another, each judged by the gate first. */
export class Filler {
  readonly #parts: FillerParts;
  #standing: { readonly round: Round; readonly heads: QueueHeads; readonly untilMs: number } | undefined;
  #isQueueNew = false;

  constructor(parts: FillerParts) {
    this.#parts = parts;
  }

  /** Something was queued. */
  noteQueued(): void {
    this.#isQueueNew = true;
  }

  /** A pull ended; `handled` is false when its order may come again. */
  noteEnd(handled: boolean): void {
    if (handled) this.#parts.ahead.noteEnd();
    // In a round each order is tried once: one that came back at once would have to wait for its end.
    else this.#standing = undefined;
  }

  /** Starts what can be started now. Returns true when there may be more to start at once. */
  async fill(signal: AbortSignal): Promise<boolean> {
    const { gate, conditions, running } = this.#parts;
    this.#parts.ahead.throwIfFailed();
    if (!(await this.#hasWork())) {
      // Said also when the pulls that wait have taken every slot.
      if (running.areHeld) this.#hold(pinsHeldBack);
      else conditions.clear(heldCondition);
      return false;
    }
    const opened = await this.#open(signal);
    if (typeof opened === 'string') {
      this.#hold(opened);
      return false;
    }
    try {
      await this.#fillSlots(opened, signal);
    } catch (error) {
      this.#standing = undefined;
      throw error;
    }
    const isSpent = opened.tried.size >= MOST_A_ROUND || opened.aside >= MOST_ASIDE;
    if (opened.hold !== undefined || isSpent || gate.mustOpenAnew) this.#standing = undefined;
    if (opened.hold === undefined) conditions.clear(heldCondition);
    else this.#hold(opened.hold);
    return opened.hold === undefined && opened.tried.size >= MOST_A_ROUND;
  }

  /** Resolves when nothing is asked ahead any more. */
  async settled(): Promise<void> {
    await this.#parts.ahead.settled();
  }

  /** What still stands of the last round, if it may be gone on with. */
  #current(): Round | undefined {
    const standing = this.#standing;
    const isOver = standing === undefined || this.#parts.clock.monotonicMs() >= standing.untilMs;
    if (isOver || this.#parts.gate.mustOpenAnew) this.#standing = undefined;
    return this.#standing?.round;
  }

  async #hasWork(): Promise<boolean> {
    const { chooser } = this.#parts;
    const round = this.#current();
    if (round === undefined) return await chooser.hasWork();
    if (await chooser.hasWork(round.heads)) return true;
    if (!this.#isQueueNew) return false;
    this.#isQueueNew = false;
    round.heads?.renew();
    return await chooser.hasWork(round.heads);
  }

  /** A round, or what stands in the way of one. */
  async #open(signal: AbortSignal): Promise<Round | string> {
    const { gate, head, candidates, clock } = this.#parts;
    const current = this.#current();
    if (current !== undefined) return gate.hold() ?? current;
    const state = await gate.check(signal);
    if ('hold' in state) return state.hold;
    const tried = new Set<number>();
    const heads = new QueueHeads(candidates, tried, HEADS_AT_ONCE);
    const { opening } = state;
    const round = { opening, headBlock: await head.now(), tried, heads, aside: 0, started: 0, hold: undefined };
    this.#isQueueNew = false;
    this.#standing = { round, heads, untilMs: clock.monotonicMs() + ROUND_LASTS_MS };
    return round;
  }

  async #fillSlots(round: Round, signal: AbortSignal): Promise<void> {
    const { chooser, running, ahead } = this.#parts;
    const { most } = round.opening;
    while (round.hold === undefined && round.aside < MOST_ASIDE && round.tried.size < MOST_A_ROUND) {
      signal.throwIfAborted();
      const chosen = await chooser.choose(round, Math.min(MOST_AT_ONCE, most - round.started));
      if (chosen.length === 0) break;
      try {
        await this.#startAll(chosen, round, signal);
      } finally {
        for (const order of chosen) running.release(order.id);
      }
    }
    if (round.hold === undefined) await ahead.begin(round, signal);
  }

  /** Those that were asked about ahead start at once, the others when they have been asked about. */
  async #startAll(chosen: readonly Order[], round: Round, signal: AbortSignal): Promise<void> {
    const { look, ahead } = this.#parts;
    const known = await ahead.take(chosen);
    const starting = chosen.map(async (order) => await this.#startOne(order, known.get(order.id), round, signal));
    const unknown = chosen.filter(({ id }) => !known.has(id));
    const asking =
      unknown.length === 0 ? undefined : this.#startAfter(look.look(unknown, round, signal), unknown, round, signal);
    await allOf([...starting, ...(asking === undefined ? [] : [asking])]);
  }

  async #startAfter(
    looking: ReturnType<OrderLook['look']>,
    chosen: readonly Order[],
    round: Round,
    signal: AbortSignal,
  ): Promise<void> {
    const { ready, error } = await looking;
    const byId = new Map(ready.map((one) => [one.row.id, one]));
    const starting = chosen.map(async (order) => await this.#startOne(order, byId.get(order.id), round, signal));
    await allOf(error === undefined ? starting : [...starting, Promise.reject(error)]);
  }

  async #startOne(order: Order, ready: ReadyOrder | undefined, round: Round, signal: AbortSignal): Promise<void> {
    if (ready === undefined) return;
    const { claiming, sealProof, upgradeHold, launch } = this.#parts;
    const permit = await claiming.claim(order, ready, round, signal);
    if (permit === undefined) return;
    round.started += 1;
    launch(permit);
    if (round.opening.probe === 'seal') await sealProof.noteProbe();
    if (round.opening.probe === 'upgrade') upgradeHold.noteProbe();
  }

  #hold(reason: string): void {
    const { conditions, logger } = this.#parts;
    const isNew = conditions.raise(heldCondition, {
      kind: 'wait',
      part: 'node',
      message: `no pull starts: ${reason}`,
      blocksReady: false,
    });
    if (isNew) logger.info('No pull starts for now', { reason });
  }
}

/** Waits for all of them, then rejects with the worst that befell one. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const error = worst(results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : [])));
  if (error !== undefined) throw error;
}
