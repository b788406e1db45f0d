import type { Order, OrderRead } from '../../domain/order.ts';
import { isOutage } from '../../domain/errors.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Candidates } from '../../store/candidates.ts';
import type { Facts } from '../../store/facts.ts';
import type { PullPermit } from '../../store/pulls.ts';
import { headBlock, type PickPorts } from '../ports.ts';
import type { RunningPulls } from '../run/running-pulls.ts';
import type { SealProof } from '../run/seal-proof.ts';
import type { UpgradeHold } from '../run/upgrade-hold.ts';
import { MOST_ASIDE, type Chooser, type Round } from './chooser.ts';
import { heldCondition, pinsHeldBack, type Gate } from './gate.ts';
import type { Preparation } from './preparation.ts';

const MOST_AT_ONCE = 32;
const MOST_A_ROUND = 500;

interface FillerParts extends LoopParts, Pick<PickPorts, 'readAgain'> {
  readonly facts: Facts;
  readonly candidates: Candidates;
  readonly running: RunningPulls;
  readonly gate: Gate;
  readonly chooser: Chooser;
  readonly preparation: Preparation;
  readonly sealProof: SealProof;
  readonly upgradeHold: UpgradeHold;
  readonly launch: (permit: PullPermit) => void;
}

/** Fills free slots with pulls: one round after another, each judged by the gate first. */
export class Filler {
  readonly #parts: FillerParts;

  constructor(parts: FillerParts) {
    this.#parts = parts;
  }

  /** Starts what can be started now. Returns true when there may be more to start at once. */
  async round(signal: AbortSignal): Promise<boolean> {
    const { gate, chooser, conditions, facts, running } = this.#parts;
    if (!(await chooser.hasWork())) {
      // Said also when the pulls that wait have taken every slot.
      if (running.areHeld) this.#hold(pinsHeldBack);
      else conditions.clear(heldCondition);
      return false;
    }
    const state = await gate.check(signal);
    if ('hold' in state) {
      this.#hold(state.hold);
      return false;
    }
    const round: Round = {
      opening: state.opening,
      headBlock: await headBlock(facts),
      tried: new Set(),
      aside: 0,
      started: 0,
      hold: undefined,
    };
    await this.#fill(round, signal);
    if (round.hold === undefined) conditions.clear(heldCondition);
    else this.#hold(round.hold);
    return round.hold === undefined && round.tried.size >= MOST_A_ROUND;
  }

  async #fill(round: Round, signal: AbortSignal): Promise<void> {
    const { chooser, running } = this.#parts;
    const { most } = round.opening;
    while (round.hold === undefined && round.aside < MOST_ASIDE && round.tried.size < MOST_A_ROUND) {
      signal.throwIfAborted();
      const chosen = await chooser.choose(round, Math.min(MOST_AT_ONCE, most - round.started));
      if (chosen.length === 0) return;
      try {
        await this.#prepareAll(chosen, round, signal);
      } finally {
        for (const order of chosen) running.release(order.id);
      }
    }
  }

  async #prepareAll(chosen: readonly Order[], round: Round, signal: AbortSignal): Promise<void> {
    const { readAgain, candidates } = this.#parts;
    const reads = await readAgain(chosen, signal);
    const rows = new Map((await candidates.listByIds(chosen.map((order) => order.id))).map((row) => [row.id, row]));
    const results = await Promise.allSettled(
      chosen.map(async (order, index) => this.#prepareOne(order, rows.get(order.id), reads[index], round, signal)),
    );
    const errors = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
    // A defect counts before an outage: it must not hide behind one.
    const [error] = [...errors.filter((each) => !isOutage(each)), ...errors];
    if (error !== undefined) throw error;
  }

  async #prepareOne(
    order: Order,
    row: Order | undefined,
    read: OrderRead | undefined,
    round: Round,
    signal: AbortSignal,
  ): Promise<void> {
    const { preparation, sealProof, upgradeHold, launch } = this.#parts;
    const permit = await preparation.prepare(order, row, read, round, signal);
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
