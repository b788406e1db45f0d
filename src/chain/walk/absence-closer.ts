import type { Account } from '../../domain/account.ts';
import type { Ask } from '../../clients/chain/ask.ts';
import { seenBy } from '../../domain/order.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { AbsenceFilter, Absences } from '../../store/absences.ts';
import type { Database } from '../../store/database.ts';
import { closeOrders } from '../../store/ingest/closes.ts';
import { ingestReads } from '../../store/order-ingest.ts';
import type { Walk, Walks } from '../../store/walks.ts';
import type { Chain } from '../ports.ts';
import { syncedHead } from '../synced-head.ts';

const sliceOrders = 500;

interface AbsenceCloserParts {
  readonly chain: Chain;
  readonly database: Database;
  readonly walks: Walks;
  readonly absences: Absences;
  readonly account: Account;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Logger;
}

/**
 * Closes orders that two complete walks have missed, after a third read at a newer finalized block has missed them too. What a suspect walk would
 * have closed waits until the next one agrees.
 */
export class AbsenceCloser {
  readonly #parts: AbsenceCloserParts;

  constructor(parts: AbsenceCloserParts) {
    this.#parts = parts;
  }

  /** Returns false when the chain has yet to finalize a block newer than the last walk's pages. */
  async settle(groupOwner: string | null, ask: Ask): Promise<boolean> {
    const last = await this.#parts.walks.findLastComplete();
    if (last === undefined) return true;
    const filter = { lastWalk: last.id, begunBefore: await this.#begunBefore(last) };
    let after = 0;
    for (;;) {
      const absent = await this.#parts.absences.list(filter, after, sliceOrders);
      const end = absent.at(-1);
      if (end === undefined) return true;
      const newest = Math.max(...absent.map((order) => order.lastBlock));
      const { value: head, endPoint } = await syncedHead(this.#parts.chain, ask);
      if (head.number <= newest) return false;
      const view = { owner: groupOwner, account: this.#parts.account };
      const { value: reads } = await this.#parts.chain.orders.readOrders(
        absent.map((order) => order.key),
        head,
        view,
        { ...ask, only: endPoint },
      );
      const keys = reads.filter((read) => read.figures === undefined).map((read) => read.key);
      const nowMs = this.#parts.clock.nowMs();
      const result = await this.#parts.database.write('bulk', async (tx) => {
        await ingestReads(tx, reads, { seen: seenBy.scan, nowMs });
        const orders = keys.map((key) => ({ key, atBlock: head.number }));
        return await closeOrders(tx, { orders, endPoint, cause: 'absence' }, nowMs);
      });
      this.#parts.logger.info('Closed orders that are gone from the chain', { ...result, atBlock: head.number });
      after = end.fileId;
    }
  }

  async #begunBefore(last: Walk): Promise<AbsenceFilter['begunBefore']> {
    if (!last.suspect) return last.id;
    return (await this.#parts.walks.findCompleteBefore(last.id))?.id ?? 0;
  }
}
