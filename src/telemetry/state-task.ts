import { MINUTE_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Database } from '../store/database.ts';
import type { Facts } from '../store/facts.ts';

interface StateTaskOptions extends LoopParts {
  readonly database: Database;
  readonly facts: Facts;
}

const pollMs = 1_000;
const renewMs = MINUTE_MS;

/**
 * Keeps in the database what holds the bot back, so that `smanager status` can say why, and a renewed moment that shows that it is alive.
 * Written when it changed, at least once a minute.
 */
export class StateTask implements Task {
  readonly name = 'state';
  readonly #options: StateTaskOptions;
  #written = '';
  #writtenMs = Number.NEGATIVE_INFINITY;

  constructor(options: StateTaskOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#options, { name: this.name, intervalMs: pollMs }, signal, async () => {
      const { clock, conditions, database, facts } = this.#options;
      const list = conditions.list().map(({ name, kind, message, sinceMs }) => ({ name, kind, message, sinceMs }));
      const state = JSON.stringify([conditions.ready, list, conditions.lastOutage]);
      if (state === this.#written && clock.monotonicMs() - this.#writtenMs < renewMs) return;
      await database.write('event', async (tx) => {
        await facts.set(tx, 'conditions', { atMs: clock.nowMs(), ready: conditions.ready, list });
        if (conditions.lastOutage !== undefined) return await facts.set(tx, 'last-outage', conditions.lastOutage);
        // Of a process that ended in the middle of an outage: this one has met none.
        const before = await facts.find('last-outage', tx);
        if (before?.toMs === null) await facts.set(tx, 'last-outage', { ...before, toMs: clock.nowMs() });
      });
      this.#written = state;
      this.#writtenMs = clock.monotonicMs();
    });
  }
}
