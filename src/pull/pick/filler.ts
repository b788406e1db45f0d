import { SECOND_MS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Candidates } from '../../store/candidates.ts';
import type { HeadBlock } from '../run/head-block.ts';
import type { RunningPulls } from '../run/running-pulls.ts';
import { allOf } from './all-of.ts';
import { MOST_ASIDE, type Chooser, type Round } from './chooser.ts';
import type { ClaimedAhead } from './claimed-ahead.ts';
import { heldCondition, pinsHeldBack, type Gate, type GateState } from './gate.ts';
import { QueueHeads } from './queue-heads.ts';
import type { ReadAhead } from './read-ahead.ts';
import { roomIn } from './round-room.ts';
import type { Starter } from './starter.ts';

const MOST_AT_ONCE = 32;
const MOST_A_ROUND = 500;
const HEADS_AT_ONCE = 256;
/** Slots that are freed meanwhile are filled by what the round began with: the workload, the head, the heads of the queue. */
const ROUND_LASTS_MS = SECOND_MS;

interface FillerParts extends LoopParts {
  readonly head: HeadBlock;
  readonly candidates: Candidates;
  readonly running: RunningPulls;
  readonly gate: Gate;
  readonly chooser: Chooser;
  readonly ahead: ReadAhead;
  readonly claimed: ClaimedAhead;
  readonly starter: Starter;
}

/** Fills free slots with pulls: one round after another, each judged by the gate first. */
export class Filler {
  readonly #parts: FillerParts;
  #standing: { readonly round: Round; readonly heads: QueueHeads; readonly sinceMs: number } | undefined;
  #isQueueNew = false;
  #isOpening = false;

  constructor(parts: FillerParts) {
    this.#parts = parts;
  }

  /** Something that was found out elsewhere stands in the way of every pull. */
  get isHeld(): boolean {
    return this.#parts.gate.hold() !== undefined;
  }

  /** Something was queued. */
  noteQueued(): void {
    this.#isQueueNew = true;
  }

  /** A pull has left its slot; `handled` is false when its order may come again. */
  noteEnd(handled: boolean): void {
    const { ahead, claimed, gate } = this.#parts;
    if (handled) ahead.noteEnd();
    else this.noteUnhandled();
    // While the next round is being opened the last one is gone on with, or the slots would run empty once a second.
    const round = this.#youngerThan(this.#isOpening ? 2 * ROUND_LASTS_MS : ROUND_LASTS_MS);
    if (round === undefined || round.hold !== undefined) return;
    // sWorker has one pending file less.
    if (round.opening.probe === 'none') round.started -= 1;
    if (gate.hold() === undefined) claimed.launch();
  }

  /** A pull whose slot was free already ended without its order being handled: in a round each order is tried once, and one that came back at once would have to wait for its end. */
  noteUnhandled(): void {
    this.#standing = undefined;
  }

  /** Starts what can be started now. Returns true when there may be more to start at once. */
  async fill(signal: AbortSignal): Promise<boolean> {
    const { ahead, claimed, gate, conditions, running } = this.#parts;
    ahead.throwIfFailed();
    if (await claimed.giveBack('stale')) this.#standing = undefined;
    if (!(await this.#hasWork())) {
      // Said also when the pulls that wait have taken every slot.
      if (running.areHeld) this.#hold(pinsHeldBack);
      else conditions.clear(heldCondition);
      return false;
    }
    const opened = await this.#open(signal);
    if (typeof opened === 'string') {
      this.#hold(opened);
      // The daemon seems to hold pins back for a moment now and then while many small ones end.
      if (opened !== pinsHeldBack) await this.#giveBack();
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
    else {
      this.#hold(opened.hold);
      await this.#giveBack();
    }
    return opened.hold === undefined && opened.tried.size >= MOST_A_ROUND;
  }

  /** Resolves when nothing is asked or claimed ahead any more. */
  async settled(): Promise<void> {
    await this.#parts.ahead.settled();
    await this.#parts.claimed.giveBack('all');
  }

  /** The last round, if it may be gone on with. */
  #youngerThan(ageMs: number): Round | undefined {
    if (this.#parts.gate.mustOpenAnew) this.#standing = undefined;
    if (this.#standing === undefined) return undefined;
    return this.#parts.clock.monotonicMs() - this.#standing.sinceMs < ageMs ? this.#standing.round : undefined;
  }

  async #hasWork(): Promise<boolean> {
    const { chooser, claimed } = this.#parts;
    const heads = this.#youngerThan(ROUND_LASTS_MS)?.heads;
    if (await chooser.hasWork(heads)) return true;
    if (heads !== undefined && this.#isQueueNew) {
      this.#isQueueNew = false;
      heads.renew();
      if (await chooser.hasWork(heads)) return true;
    }
    // With every slot taken the next ones are claimed all the same.
    return !claimed.isEmpty || claimed.missing > 0;
  }

  /** A round, or what stands in the way of one. */
  async #open(signal: AbortSignal): Promise<Round | string> {
    const { gate, head, candidates, clock } = this.#parts;
    const current = this.#youngerThan(ROUND_LASTS_MS);
    if (current !== undefined) return gate.hold() ?? current;
    const state = await this.#checked(signal);
    if ('hold' in state) {
      this.#standing = undefined;
      return state.hold;
    }
    const tried = new Set<number>();
    const heads = new QueueHeads(candidates, tried, HEADS_AT_ONCE);
    const { opening } = state;
    const round = { opening, headBlock: await head.now(), tried, heads, aside: 0, started: 0, hold: undefined };
    this.#isQueueNew = false;
    this.#standing = { round, heads, sinceMs: clock.monotonicMs() };
    return round;
  }

  async #checked(signal: AbortSignal): Promise<GateState> {
    this.#isOpening = true;
    try {
      return await this.#parts.gate.check(signal);
    } finally {
      this.#isOpening = false;
    }
  }

  async #fillSlots(round: Round, signal: AbortSignal): Promise<void> {
    const { chooser, running, ahead, claimed, starter } = this.#parts;
    while (round.hold === undefined && round.aside < MOST_ASIDE && round.tried.size < MOST_A_ROUND) {
      signal.throwIfAborted();
      await claimed.launchIn(round);
      await ahead.begin(round, signal);
      const chosen = await chooser.choose(round, Math.min(MOST_AT_ONCE, roomIn(round)));
      const next = await claimed.next(round);
      if (chosen.length + next.length === 0) break;
      try {
        await allOf([starter.startAll(chosen, round, signal), claimed.claim(next, round, signal)]);
      } finally {
        for (const order of chosen) running.release(order.id);
      }
    }
  }

  /** In a round each order is tried once, so those that are given back wait for another. */
  async #giveBack(): Promise<void> {
    if (await this.#parts.claimed.giveBack('all')) this.#standing = undefined;
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
