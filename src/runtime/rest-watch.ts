import { SECOND_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from './loop.ts';
import type { Task } from './task.ts';

interface RestWatchOptions extends LoopParts {
  /** Processor time of this process so far, all threads. */
  readonly processorMs: () => number;
  /** Told of every change; a process that starts counts as one at rest. */
  readonly onChange: (resting: boolean) => void;
}

const intervalMs = 5 * SECOND_MS;
/** Loading the program and reading sWorker's list is work too, but what it leaves behind is better collected at once. */
const startMs = 10 * SECOND_MS;
/** Share of one processor from which on the process works. */
const workingShare = 0.4;
/** Quiet intervals in a row after which it rests. */
const quietIntervals = 2;

/** Tells work from rest by the processor time that the process takes. */
export class RestWatch implements Task {
  readonly name = 'rest-watch';
  readonly #options: RestWatchOptions;

  constructor(options: RestWatchOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, processorMs, onChange } = this.#options;
    let before: { readonly takenMs: number; readonly atMs: number } | undefined;
    let quiet = quietIntervals;
    await runLoop(this.#options, { name: this.name, intervalMs, firstAfterMs: startMs }, signal, async () => {
      const now = { takenMs: processorMs(), atMs: clock.monotonicMs() };
      const works = before !== undefined && now.takenMs - before.takenMs >= workingShare * (now.atMs - before.atMs);
      before = now;
      const rested = quiet >= quietIntervals;
      quiet = works ? 0 : quiet + 1;
      const rests = quiet >= quietIntervals;
      if (rests !== rested) onChange(rests);
    });
  }
}

/** Of this process, all threads. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
