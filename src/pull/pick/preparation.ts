import type { Order, OrderRead } from '../../domain/order.ts';
import type { PastPull } from '../../domain/pull-ends.ts';
import { HOUR_BLOCKS, MINUTE_BLOCKS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Candidates } from '../../store/candidates.ts';
import type { PullRecords } from '../../store/pull-records.ts';
import type { PullPermit, Pulls } from '../../store/pulls.ts';
import type { PickPorts, PullIpfs, PullSettings, PullSworker } from '../ports.ts';
import { NO_SPACE_BLOCKS } from '../run/look-after.ts';
import type { RunningPulls } from '../run/running-pulls.ts';
import { openSources } from '../rules/draw-source.ts';
import { knownPinnedBefore } from '../rules/history.ts';
import { kindOf } from '../rules/slots.ts';
import { noSpace } from '../rules/space.ts';
import type { Round } from './chooser.ts';
import type { CoordinatorDesk } from './coordinator-desk.ts';
import type { StaleSeals } from './stale-seals.ts';

const PENDING_BLOCKS = 10 * MINUTE_BLOCKS;
// An order that is gone from the chain is closed by its event or by walks; until then it is not looked at all the time.
const ABSENT_BLOCKS = HOUR_BLOCKS;

interface PreparationParts extends LoopParts, Pick<PickPorts, 'decideAgain'> {
  readonly candidates: Candidates;
  readonly pulls: Pulls;
  readonly records: PullRecords;
  readonly running: RunningPulls;
  readonly ipfs: Pick<PullIpfs, 'isPinned'>;
  readonly sworker: PullSworker;
  readonly coordinatorDesk: CoordinatorDesk;
  readonly staleSeals: StaleSeals;
  readonly settings: PullSettings;
}

/** The last checks of one chosen order, after it was read again from the chain, and its claim. */
export class Preparation {
  readonly #parts: PreparationParts;

  constructor(parts: PreparationParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with a permit, or without one after the order was moved or put off. `chosen` is the order as it was chosen, `row` as it stands now.
   * @throws SmError of an outage: nothing was decided then
   */
  async prepare(
    chosen: Order,
    row: Order | undefined,
    read: OrderRead | undefined,
    round: Round,
    signal: AbortSignal,
  ): Promise<PullPermit | undefined> {
    const { candidates, records, running } = this.#parts;
    if (row === undefined || row.status !== 'queued') return undefined;
    if (read?.figures === undefined) {
      await candidates.postpone(row.id, round.headBlock + ABSENT_BLOCKS);
      return undefined;
    }
    if (!(await this.#isStillTaken(row, round)) || kindOf(row.sizeBytes) !== kindOf(chosen.sizeBytes)) return undefined;
    running.reserve(row.id, row.sizeBytes);
    const history = await records.history(row.key.text);
    if (!(await this.#isFreeInSworker(row, history, round, signal))) return undefined;
    if (!(await this.#fits(row, round))) return undefined;
    const pinnedBefore = knownPinnedBefore(history) ?? (await this.#parts.ipfs.isPinned(row.key.text, signal));
    if (!(await this.#isGranted(row, round, signal))) return undefined;
    return await this.#claim(row, pinnedBefore, round, signal);
  }

  async #isStillTaken(row: Order, round: Round): Promise<boolean> {
    const { decideAgain, candidates, settings } = this.#parts;
    const fresh = await decideAgain(row);
    if (fresh === undefined) {
      round.hold = 'nothing can be decided for now';
      return false;
    }
    const isChanged =
      fresh.verdict !== 'take' || fresh.orderClass !== row.orderClass || fresh.turnBlock !== row.turnBlock;
    if (isChanged && !(await candidates.storeVerdict(row, fresh))) return false;
    return fresh.verdict === 'take' && openSources(settings.weights).includes(fresh.orderClass);
  }

  /** Handles what sWorker has already, puts off what is being sealed, ends what a killed daemon left behind. */
  async #isFreeInSworker(
    row: Order,
    history: readonly PastPull[],
    round: Round,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { sworker, records, candidates, staleSeals, clock, logger } = this.#parts;
    const cid = row.key.text;
    const file = await sworker.fileInfo(cid, signal);
    if (file === undefined) return true;
    const pinnedBefore = knownPinnedBefore(history);
    const handle = async (state: 'valid' | 'lost', sizeBytes: number): Promise<boolean> => {
      await records.handleFound(
        { orderId: row.id, cid, sizeBytes, state, pinnedBefore },
        clock.nowMs(),
        round.headBlock,
      );
      return false;
    };
    if (file.type !== 'pending') return await handle(file.type, file.sizeBytes);
    if (staleSeals.mayEnd(cid, file.sealedBytes, history, clock.monotonicMs())) {
      const ended = await sworker.endSeal(cid, signal);
      logger.info('The rest of an interrupted pull was ended in sWorker', { cid, ended });
      // 'ended' means that it was complete after all: sWorker has it now.
      return ended === 'ended' ? await handle('valid', row.sizeBytes) : true;
    }
    await candidates.postpone(row.id, round.headBlock + PENDING_BLOCKS);
    return false;
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

  async #claim(row: Order, pinnedBefore: boolean, round: Round, signal: AbortSignal): Promise<PullPermit | undefined> {
    const { pulls, coordinatorDesk, clock } = this.#parts;
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
        });
    if (permit === undefined) await coordinatorDesk.withdraw(cid);
    return permit;
  }
}
