import { formatBytes, formatDuration } from '../lib/format.ts';
import { orderStatuses } from '../domain/statuses.ts';
import { MINUTE_MS } from '../domain/units.ts';
import type { LogContext } from '../runtime/log.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Overview } from '../store/overview.ts';
import { catchUpText, walkText } from './progress-text.ts';

interface StatusLineOptions extends LoopParts {
  readonly overview: Overview;
}

/** One line a minute that tells an operator how the bot is doing. */
export class StatusLineTask implements Task {
  readonly name = 'status-line';
  readonly #options: StatusLineOptions;

  constructor(options: StatusLineOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#options, { name: this.name, intervalMs: MINUTE_MS, firstAfterMs: 10_000 }, signal, async () => {
      this.#options.logger.info('Status', await this.#context());
    });
  }

  async #context(): Promise<LogContext> {
    const { overview, conditions, clock } = this.#options;
    const chainTime = await overview.facts.find('chain-time');
    const cursor = await overview.facts.find('event-cursor');
    const tally = await overview.tally();
    const pulls = await overview.runningPulls();
    const { walk, catchUp } = await overview.progress(clock.nowMs());
    const outage = conditions.lastOutage ?? (await overview.facts.find('last-outage'));
    const byStatus = orderStatuses.map((status): [string, number] => [
      status,
      tally.filter((row) => row.status === status).reduce((sum, row) => sum + row.orders, 0),
    ]);
    const waitingFor = conditions.list().map((condition) => condition.message);
    return {
      ready: conditions.ready,
      head: chainTime?.atBlock,
      indexed: cursor?.block,
      ...Object.fromEntries(byStatus.filter(([, orders]) => orders > 0)),
      pulls: pulls.length,
      sealedOfRunning: formatBytes(pulls.reduce((sum, pull) => sum + pull.sealedBytes, 0)),
      pulled24h: formatBytes((await overview.pinsSince(clock.nowMs() - 24 * 60 * MINUTE_MS)).get('sealed')?.bytes ?? 0),
      ...(walk?.status === 'running' ? { walk: walkText(walk, clock.nowMs()) } : {}),
      ...(catchUp === null ? {} : { catchUp: catchUpText(catchUp, clock.nowMs()) }),
      ...(waitingFor.length === 0 ? {} : { waitingFor: waitingFor.join('; ') }),
      lastOutage: outage === undefined ? 'none' : `${outage.part} ${formatDuration(clock.nowMs() - outage.fromMs)} ago`,
    };
  }
}
