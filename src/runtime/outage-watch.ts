import { SmError, type ErrorCode } from '../domain/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/units.ts';
import type { Condition, OutsidePart } from './conditions.ts';
import { runLoop, type LoopParts } from './loop.ts';
import type { Task } from './task.ts';

interface OutageWatchOptions extends LoopParts {
  readonly maxOutageMs: number;
  /** Pulls that would lose their sealed bytes with the process. */
  readonly runningPulls: () => number;
}

const intervalMs = 5_000;
const diskPatienceMs = 6 * HOUR_MS;

const codes: Readonly<Record<OutsidePart, ErrorCode>> = {
  chain: 'CHAIN_UNREACHABLE',
  ipfs: 'IPFS_UNREACHABLE',
  sworker: 'SWORKER_UNREACHABLE',
  coordinator: 'COORDINATOR_UNREACHABLE',
  database: 'DATABASE_BUSY',
  disk: 'DISK_FULL',
};

/** Ends the process (75) when an outage has lasted and no pull is running; a full disk at once then, or after six hours. */
export class OutageWatch implements Task {
  readonly name = 'outage-watch';
  readonly #options: OutageWatchOptions;

  constructor(options: OutageWatchOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#options, { name: this.name, intervalMs, firstAfterMs: intervalMs }, signal, async () => {
      const lasting = this.#options.conditions
        .list()
        .find((condition) => condition.kind === 'outage' && this.#isOver(condition));
      if (lasting === undefined || lasting.part === 'node') return;
      const { part } = lasting;
      const minutes = Math.round(this.#ageMs(lasting) / MINUTE_MS);
      // The disk's own words are enough: it is given no time.
      const said =
        part === 'disk' ? lasting.message : `${part} has been away for ${minutes} minutes: ${lasting.message}`;
      throw new OutageLasted(lasting.code ?? codes[lasting.part], said, { part, minutes });
    });
  }

  #ageMs(condition: Condition): number {
    return this.#options.clock.monotonicMs() - condition.sinceMonotonicMs;
  }

  #isOver(condition: Condition): boolean {
    const idle = this.#options.runningPulls() === 0;
    const ageMs = this.#ageMs(condition);
    if (condition.part === 'disk') return idle || ageMs >= diskPatienceMs;
    return idle && ageMs >= this.#options.maxOutageMs;
  }
}

class OutageLasted extends SmError {
  override get isFinal(): boolean {
    return true;
  }
}
