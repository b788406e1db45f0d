import type { HeldReport } from '../domain/facts.ts';
import type { LogContext } from '../runtime/log.ts';
import type { SealParts } from './ports.ts';

type Counted = 'lost' | 'withoutOrder' | 'uncredited';

const lines: Readonly<Record<Counted, string>> = {
  lost: 'Files are lost in sWorker; look at its disks',
  withoutOrder:
    'Files are held without any order on chain; nothing is deleted for it, sWorker can be told to delete them by hand',
  uncredited:
    'Copies earn nothing: sWorker has them, the chain does not count them. To earn again they have to be deleted in sWorker by hand and pulled anew; first make sure that others hold the file',
};

/** Keeps what a round found as a fact and says so when a count has changed. */
export class HeldReporter {
  readonly #parts: SealParts;
  readonly #told = new Map<Counted, number>();

  constructor(parts: SealParts) {
    this.#parts = parts;
  }

  /** Lost files are told in every round, at once. */
  tellLost(lost: number): void {
    this.#tell('lost', lost);
  }

  async full(report: HeldReport): Promise<void> {
    const { facts, database, listing } = this.#parts.store;
    await database.write('event', async (tx) => {
      await facts.set(tx, 'held-scan', { atMs: report.atMs, atBlock: report.atBlock });
      await facts.set(tx, 'held-report', report);
    });
    // Before a walk has seen the whole chain most held files are without a known order.
    if (await listing.hasCompleteWalk()) this.#tell('withoutOrder', report.withoutOrder);
    this.#tell('uncredited', report.uncredited);
  }

  #tell(what: Counted, count: number): void {
    if ((this.#told.get(what) ?? 0) === count) return;
    this.#told.set(what, count);
    const context: LogContext = { files: count };
    if (count > 0) this.#parts.logger.warn(lines[what], context);
  }
}
