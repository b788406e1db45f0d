import { MINUTE_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { WorkloadReader } from './workload-reader.ts';

interface WorkloadTaskParts extends LoopParts {
  readonly reader: WorkloadReader;
}

/** Refreshes the fact `workload` every minute. */
export class WorkloadTask implements Task {
  readonly name = 'workload';
  readonly #parts: WorkloadTaskParts;

  constructor(parts: WorkloadTaskParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#parts, { name: this.name, intervalMs: MINUTE_MS }, signal, async () => {
      await this.#parts.reader.refresh(signal);
    });
  }
}
