import { isOutage } from '../../domain/errors.ts';
import { type ReconcileReport, reconcileClasses } from '../../domain/reconcile.ts';
import { MINUTE_MS } from '../../domain/units.ts';
import { partOf, runLoop, type LoopParts } from '../../runtime/loop.ts';
import type { Task } from '../../runtime/task.ts';
import type { Facts } from '../../store/facts.ts';
import type { Reconciler } from './reconciler.ts';

interface ReconcileTaskParts extends LoopParts {
  readonly facts: Pick<Facts, 'find'>;
  readonly reconciler: Pick<Reconciler, 'run'>;
  readonly intervalMs: number;
}

/** By then everything has been asked once. */
const firstAfterMs = 15 * MINUTE_MS;
const againAfterMs = 30 * MINUTE_MS;

/** Every few hours, also over restarts, reconciles all sources, heals what is safe and tells the rest. */
export class ReconcileTask implements Task {
  readonly name = 'reconciler';
  readonly #parts: ReconcileTaskParts;

  constructor(parts: ReconcileTaskParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const options = { name: this.name, intervalMs: this.#parts.intervalMs, firstAfterMs };
    await runLoop(this.#parts, options, signal, async () => (await this.#leftMs()) ?? (await this.#round(signal)));
  }

  /** Until the next run is due; undefined when it is. A report from a clock that was ahead does not put it off. */
  async #leftMs(): Promise<number | undefined> {
    const { clock, facts, intervalMs } = this.#parts;
    const lastMs = (await facts.find('reconcile-report'))?.atMs;
    if (lastMs === undefined) return undefined;
    const leftMs = lastMs + intervalMs - clock.nowMs();
    return leftMs > 0 && leftMs <= intervalMs ? leftMs : undefined;
  }

  async #round(signal: AbortSignal): Promise<number | undefined> {
    const { logger, reconciler } = this.#parts;
    try {
      const outcome = await reconciler.run({ apply: true }, signal);
      if (outcome.kind === 'report') return this.#tell(outcome.report);
      logger.info('Nothing can be reconciled yet', { reason: outcome.reason });
      return againAfterMs;
    } catch (error) {
      // Whoever cannot do without the missing part says so by a condition; this can wait.
      if (!isOutage(error) || ['database', 'disk'].includes(partOf(error.code))) throw error;
      logger.warn('Reconciling was broken off and concludes nothing', { code: error.code, ...error.data }, error);
      return againAfterMs;
    }
  }

  #tell({ classes, tookMs }: ReconcileReport): undefined {
    const { logger } = this.#parts;
    const counts = Object.fromEntries(reconcileClasses.map((name) => [name, classes[name].files]));
    const isClean = reconcileClasses.every((name) => classes[name].files === 0);
    if (isClean) logger.info('Orders, records, sWorker and IPFS agree', { tookMs });
    else logger.warn('Orders, records, sWorker and IPFS do not agree', { ...counts, tookMs });
  }
}
