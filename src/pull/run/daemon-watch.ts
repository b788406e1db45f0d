import { isOutage, type SmError } from '../../domain/errors.ts';
import type { PullIpfs } from '../ports.ts';
import type { RunningPulls } from './running-pulls.ts';

interface DaemonWatchParts {
  readonly ipfs: Pick<PullIpfs, 'version'>;
  readonly running: RunningPulls;
  /** Lets no pull start before the daemon has answered. */
  readonly runner: { doubtDaemon(): void };
}

/**
 * Asks the daemon for a sign of life when none of its pulls gave one: `pin/add` has no time limit, so a daemon that hangs, or a connection that nobody
 * closed, would be noticed only when the pulls are called stalled, and they would pay for it with an attempt.
 */
export class DaemonWatch {
  readonly #parts: DaemonWatchParts;

  constructor(parts: DaemonWatchParts) {
    this.#parts = parts;
  }

  /** The outage; undefined when there was a sign since the last look, an answer, or nothing to be heard of. */
  async look(signal: AbortSignal): Promise<SmError | undefined> {
    const { ipfs, running, runner } = this.#parts;
    const signs = running.atDaemon().map((pull) => pull.takeSign());
    if (signs.length === 0 || signs.includes(true)) return undefined;
    try {
      await ipfs.version(signal);
      return undefined;
    } catch (error) {
      if (!isOutage(error)) throw error;
      runner.doubtDaemon();
      return error;
    }
  }
}
