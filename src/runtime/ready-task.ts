import { SECOND_MS } from '../domain/units.ts';
import { untilAborted } from './until-aborted.ts';
import { runLoop, type LoopParts } from './loop.ts';
import type { Task } from './task.ts';

/** Resolves when the part has answered well; rejects with an outage or a wait that its error code names. */
export type Question = (signal: AbortSignal) => Promise<unknown>;

interface ReadyTaskOptions extends LoopParts {
  /** By what a person calls the part. */
  readonly questions: Readonly<Record<string, Question>>;
}

const condition = 'starting';
const retryMs = 2 * SECOND_MS;

/**
 * Asks every end point once, so that a part that nothing needs for the moment is not taken for being there. Readiness is false until all have
 * answered; the one moment at which it first becomes true is the log line `Ready`.
 */
export class ReadyTask implements Task {
  readonly name = 'start';
  readonly #options: ReadyTaskOptions;
  readonly #unanswered: Map<string, Question>;

  /** Readiness is false from here on, so that no task that starts earlier sees it true. */
  constructor(options: ReadyTaskOptions) {
    this.#options = options;
    this.#unanswered = new Map(Object.entries(options.questions));
    this.#raise();
  }

  async run(signal: AbortSignal): Promise<void> {
    const options = { name: this.name, intervalMs: retryMs, retryMs };
    await runLoop(this.#options, options, signal, async () => {
      if (this.#unanswered.size > 0) {
        await this.#ask(signal);
        return 0;
      }
      this.#options.conditions.clear(condition);
      await this.#options.conditions.untilReady(signal);
      this.#sayReady();
      return await untilAborted(signal);
    });
  }

  /** Throws the first failure once all questions have ended: those that were answered are not asked again. */
  async #ask(signal: AbortSignal): Promise<void> {
    const outcomes = await Promise.allSettled(
      [...this.#unanswered].map(async ([part, question]) => {
        await question(signal);
        this.#unanswered.delete(part);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) return;
    this.#raise();
    throw failed.reason;
  }

  #raise(): void {
    const message = `not yet answered since the start: ${[...this.#unanswered.keys()].join(', ')}`;
    this.#options.conditions.raise(condition, { kind: 'wait', part: 'node', message });
  }

  #sayReady(): void {
    const { clock, logger } = this.#options;
    logger.info('Ready', { sinceStartMs: Math.round(clock.monotonicMs()) });
  }
}
