import type { Order } from '../../domain/order.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Candidates } from '../../store/candidates.ts';
import type { PullPermit, Pulls } from '../../store/pulls.ts';
import { NO_SPACE_BLOCKS } from '../run/look-after.ts';
import type { RunningPulls } from '../run/running-pulls.ts';
import { kindOf } from '../rules/slots.ts';
import { noSpace } from '../rules/space.ts';
import type { Round } from './chooser.ts';
import type { CoordinatorDesk } from './coordinator-desk.ts';
import type { ReadyOrder } from './stock.ts';

interface ClaimingParts extends LoopParts {
  readonly candidates: Candidates;
  readonly pulls: Pulls;
  readonly running: RunningPulls;
  readonly coordinatorDesk: CoordinatorDesk;
}

/** The last steps before a pull: room, the coordinator's word, the claim. */
export class Claiming {
  readonly #parts: ClaimingParts;

  constructor(parts: ClaimingParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with a permit, or without one after the order was put off, or when it is no longer what it was. `chosen` is the order as it was chosen,
   * for a slot that is kept for it or ahead of one.
   * @throws SmError of an outage: nothing was decided then
   */
  async claim(
    chosen: Order,
    { row, pinnedBefore }: ReadyOrder,
    { round, isAhead, signal }: { readonly round: Round; readonly isAhead: boolean; readonly signal: AbortSignal },
  ): Promise<PullPermit | undefined> {
    const { running, pulls, coordinatorDesk, clock } = this.#parts;
    if (kindOf(row.sizeBytes) !== kindOf(chosen.sizeBytes)) return undefined;
    if (isAhead) running.reserveSpace(row.id, row.sizeBytes);
    else running.reserve(row.id, row.sizeBytes);
    if (!(await this.#fits(row, round)) || !(await this.#isGranted(row, round, signal))) return undefined;
    const cid = row.key.text;
    const permit = signal.aborted
      ? undefined
      : await pulls.claim({
          orderId: row.id,
          cid,
          sizeBytes: row.sizeBytes,
          orderClass: row.orderClass,
          attempts: row.attempts,
          startedMs: clock.nowMs(),
          startedBlock: round.headBlock,
          pinnedBefore,
          readBlock: row.readBlock,
        });
    if (permit === undefined) await coordinatorDesk.withdraw(cid);
    return permit;
  }

  async #fits(row: Order, round: Round): Promise<boolean> {
    const { running, candidates } = this.#parts;
    const inputs = noSpace(round.opening.workload.srd, row.sizeBytes, running.pendingBytes(row.id));
    if (inputs === undefined) return true;
    round.aside += 1;
    const lookBlock = round.headBlock + NO_SPACE_BLOCKS;
    await candidates.putAside(row.id, { verdict: 'no-space', inputs, lookBlock, lookCount: row.lookCount });
    return false;
  }

  async #isGranted(row: Order, round: Round, signal: AbortSignal): Promise<boolean> {
    const { coordinatorDesk, candidates } = this.#parts;
    if (round.hold !== undefined) return false;
    const grant = await coordinatorDesk.request(row.key.text, row.lookCount, signal);
    if (grant.kind === 'disabled') round.hold = 'the seal coordinator has disabled pulls';
    if (grant.kind === 'aside') {
      await candidates.putAside(row.id, {
        verdict: 'coordinator',
        inputs: { reason: grant.reason },
        lookBlock: grant.afterBlocks === null ? null : round.headBlock + grant.afterBlocks,
        lookCount: row.lookCount + 1,
      });
    }
    return grant.kind === 'granted';
  }
}
