import type { Order } from '../../domain/order.ts';
import type { PastPull } from '../../domain/pull-ends.ts';
import { isOutage } from '../../domain/errors.ts';
import { HOUR_BLOCKS, MINUTE_BLOCKS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Candidates, FreshVerdict } from '../../store/candidates.ts';
import type { PullRecords } from '../../store/pull-records.ts';
import type { PickPorts, PullIpfs, PullSettings, PullSworker } from '../ports.ts';
import { openSources } from '../rules/draw-source.ts';
import { knownPinnedBefore } from '../rules/history.ts';
import type { Round } from './chooser.ts';
import type { StaleSeals } from './stale-seals.ts';
import type { ReadyOrder } from './stock.ts';

const PENDING_BLOCKS = 10 * MINUTE_BLOCKS;
// An order that is gone from the chain is closed by its event or by walks; until then it is not looked at all the time.
const ABSENT_BLOCKS = HOUR_BLOCKS;
/** Questions at once: sWorker seals, too. */
const LANES = 8;

interface LookParts extends LoopParts, Pick<PickPorts, 'readAgain' | 'decideAgain'> {
  readonly candidates: Candidates;
  readonly records: PullRecords;
  readonly ipfs: Pick<PullIpfs, 'isPinned'>;
  readonly sworker: PullSworker;
  readonly staleSeals: StaleSeals;
  readonly settings: PullSettings;
}

/** `error`: why nothing is known of the others. */
export interface LookedAt {
  readonly ready: readonly ReadyOrder[];
  readonly error?: unknown;
}

/** Asks everybody about a batch of orders before they are pulled: chain, rules, sWorker, their history. */
export class OrderLook {
  readonly #parts: LookParts;

  constructor(parts: LookParts) {
    this.#parts = parts;
  }

  /**
   * The orders that may be pulled; of the others those that can be moved or put off are. An order for which somebody could not be asked is left as it is.
   * @throws SmError of an outage when none could be asked about
   */
  async look(orders: readonly Order[], round: Round, signal: AbortSignal): Promise<LookedAt> {
    const { candidates, records, clock, readAgain, decideAgain } = this.#parts;
    const sinceMs = clock.monotonicMs();
    const reads = await readAgain(orders, signal);
    const rows = new Map((await candidates.listByIds(orders.map(({ id }) => id))).map((row) => [row.id, row]));
    const present: Order[] = [];
    for (const [index, { id }] of orders.entries()) {
      const row = rows.get(id);
      if (row?.status !== 'queued') continue;
      const read = reads[index];
      if (read?.figures !== undefined) present.push(row);
      // A node that is behind says nothing of an order that is younger than its newest block.
      else if (read !== undefined && read.atBlock < row.readBlock)
        await candidates.postpone(id, round.headBlock + MINUTE_BLOCKS);
      else await candidates.postpone(id, round.headBlock + ABSENT_BLOCKS);
    }
    if (present.length === 0) return { ready: [] };
    const fresh = await decideAgain(present);
    if (fresh === undefined) {
      round.hold = 'nothing can be decided for now';
      return { ready: [] };
    }
    const taken: Order[] = [];
    for (const row of present) if (await this.#isStillTaken(row, fresh.get(row.id))) taken.push(row);
    const histories = await records.histories(taken.map(({ key }) => key.text));
    const ready: ReadyOrder[] = [];
    const failures: unknown[] = [];
    const rest = taken.values();
    const lane = async (): Promise<void> => {
      for (const row of rest) {
        // One answer that cannot be understood keeps no other order waiting; several are an outage, and more questions only lengthen it.
        if (failures.length >= LANES) return;
        const history = histories.get(row.key.text) ?? [];
        try {
          if (!(await this.#isFreeInSworker(row, history, round, signal))) continue;
          ready.push({ row, pinnedBefore: await this.#pinnedBefore(row.key.text, history, signal), sinceMs });
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(LANES, taken.length) }, lane));
    return { ready, error: worst(failures) };
  }

  async #isStillTaken(row: Order, fresh: FreshVerdict | undefined): Promise<boolean> {
    const { candidates, settings } = this.#parts;
    if (fresh === undefined) return false;
    const isChanged =
      fresh.verdict !== 'take' || fresh.orderClass !== row.orderClass || fresh.turnBlock !== row.turnBlock;
    if (isChanged && !(await candidates.storeVerdict(row, fresh))) return false;
    return fresh.verdict === 'take' && openSources(settings.weights).includes(fresh.orderClass);
  }

  /**
   * Before the first pull of a CID nobody has to be asked: for a pin that stands the daemon's answer to that pull is another one. Later on a pin may
   * be ours.
   */
  async #pinnedBefore(cid: string, history: readonly PastPull[], signal: AbortSignal): Promise<boolean | null> {
    if (history.length === 0) return null;
    return knownPinnedBefore(history) ?? (await this.#parts.ipfs.isPinned(cid, signal));
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
}

/** A defect counts before an outage: it must not hide behind one. */
export function worst(errors: readonly unknown[]): unknown {
  return errors.find((error) => !isOutage(error)) ?? errors[0];
}
