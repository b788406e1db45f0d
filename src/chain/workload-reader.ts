import type { Workload, WorkloadFacts } from '../domain/facts.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../store/database.ts';
import type { Facts } from '../store/facts.ts';

interface WorkloadParts {
  readonly sworker: { workload(signal: AbortSignal): Promise<Workload> };
  readonly database: Database;
  readonly facts: Facts;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Asks sWorker for its workload and keeps the fact `workload`, dated with the newest block known. */
export class WorkloadReader {
  readonly #parts: WorkloadParts;

  constructor(parts: WorkloadParts) {
    this.#parts = parts;
  }

  /** @throws SmError SWORKER_UNREACHABLE, SWORKER_BAD_ANSWER, SWORKER_UPGRADING */
  async refresh(signal: AbortSignal): Promise<WorkloadFacts> {
    const { sworker, database, facts, clock } = this.#parts;
    const workload = await sworker.workload(signal);
    const time = await facts.find('chain-time');
    const fact = { ...workload, atBlock: time?.atBlock ?? 0, atMs: clock.nowMs() };
    await database.write('event', async (tx) => await facts.setNewer(tx, 'workload', fact));
    return fact;
  }
}
