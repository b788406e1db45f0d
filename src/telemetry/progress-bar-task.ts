import { SECOND_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Overview } from '../store/overview.ts';
import { progressBar } from './progress-text.ts';

interface ProgressBarOptions extends LoopParts {
  readonly overview: Pick<Overview, 'progress'>;
  /** Puts a line at the foot of the terminal in place of the one before; an empty one takes it away. */
  readonly show: (line: string) => void;
}

/** Shows a person at a terminal how a walk and a catch-up get on. */
export class ProgressBarTask implements Task {
  readonly name = 'progress-bar';
  readonly #options: ProgressBarOptions;

  constructor(options: ProgressBarOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { overview, clock, show } = this.#options;
    try {
      await runLoop(this.#options, { name: this.name, intervalMs: SECOND_MS }, signal, async () => {
        const nowMs = clock.nowMs();
        show(progressBar(await overview.progress(nowMs), nowMs));
      });
    } finally {
      show('');
    }
  }
}
