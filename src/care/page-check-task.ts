import { DAY_MS, SECOND_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Database } from '../store/database.ts';

interface PageCheckParts extends LoopParts {
  readonly database: Pick<Database, 'assertWhole'>;
}

/** A start must not wait for it: three seconds a GB. */
const firstAfterMs = 10 * SECOND_MS;

/** Looks through the database's pages after the start and once a day. A damaged one ends the process: whatever is read from it may be wrong. */
export class PageCheckTask implements Task {
  readonly name = 'page-check';
  readonly #parts: PageCheckParts;

  constructor(parts: PageCheckParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { database } = this.#parts;
    const options = { name: this.name, intervalMs: DAY_MS, firstAfterMs };
    await runLoop(this.#parts, options, signal, async () => await database.assertWhole(signal));
  }
}
