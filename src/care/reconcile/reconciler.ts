import type { ReconcileClass, ReconcileReport } from '../../domain/reconcile.ts';
import { FindingTally } from './finding-tally.ts';
import { judgeRecords } from './judge-records.ts';
import { PinKeeper } from './pin-keeper.ts';
import type { ReconcileParts } from './ports.ts';
import { readSources } from './sources.ts';
import { unreadiness } from './unreadiness.ts';

export type ReconcileOutcome =
  | { readonly kind: 'report'; readonly report: ReconcileReport }
  /** The tables do not know all orders or files yet, so nothing can be concluded. */
  | { readonly kind: 'unready'; readonly reason: string };

/**
 * Holds orders, pin records, sWorker's files and the daemon's pins against each other, as they stream by. It deletes nothing. A source that cannot
 * be asked, or breaks off, ends the run: no file is judged by half a list.
 */
export class Reconciler {
  readonly #parts: ReconcileParts;

  constructor(parts: ReconcileParts) {
    this.#parts = parts;
  }

  /**
   * @param options with `apply` the safe guarded moves are made and the report is kept; without it nothing is written
   * @throws SmError CHAIN_*, SWORKER_*, IPFS_*, DATABASE_*
   */
  async run({ apply }: { readonly apply: boolean }, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { clock, headBlock, store } = this.#parts;
    const [startedMs, startedMonotonicMs] = [clock.nowMs(), clock.monotonicMs()];
    const atBlock = await headBlock(signal);
    const reason = await unreadiness(store, atBlock);
    if (reason !== undefined) return { kind: 'unready', reason };
    const throughId = await store.pins.newestId();
    const tally = new FindingTally();
    const seen = await readSources(this.#parts, tally, signal);
    await judgeRecords({ parts: this.#parts, seen, tally, throughId, startedMs, asked: 0 }, signal);
    // The orders in the tables are the chain's word: it has to be there still.
    await headBlock(signal);
    const healed = apply ? await this.#heal(tally, atBlock, signal) : {};
    const report: ReconcileReport = {
      atMs: startedMs,
      atBlock,
      tookMs: clock.monotonicMs() - startedMonotonicMs,
      isApplied: apply,
      classes: tally.figures(healed),
    };
    if (apply) {
      await store.database.write('event', async (tx) => await store.facts.set(tx, 'reconcile-report', report));
    }
    return { kind: 'report', report };
  }

  async #heal(
    tally: FindingTally,
    headBlock: number,
    signal: AbortSignal,
  ): Promise<Partial<Record<ReconcileClass, number>>> {
    const { clock, store } = this.#parts;
    const nowMs = clock.nowMs();
    const closedOrders = tally.orderIds('begin-cleanup');
    const none = { found: [], recovered: [], lost: [], seenAgain: [], handledOrders: [] };
    await store.held.apply({ ...none, closedOrders }, { headBlock, nowMs }, clock);
    return {
      'held-without-order': closedOrders.length,
      'sealed-not-pinned': (await new PinKeeper(this.#parts).keep(tally.recordIds, signal)).pinned,
      'handled-not-held': await store.rows.decideAnew(tally.orderIds('decide-anew')),
      'pinned-not-sealed': await store.rows.beginUnpins(tally.orderIds('begin-unpin'), nowMs),
    };
  }
}
