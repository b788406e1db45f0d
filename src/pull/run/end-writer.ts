import { isDiskTrouble } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { EndedOrder, Ending, Pulls } from '../../store/pulls.ts';

const RETRY_MS = 15 * SECOND_MS;
const condition = 'pull-ends-unwritten';

/** Writes the ends of pulls down; while the disk is full or read-only it keeps them and tries again. */
export class EndWriter {
  readonly #parts: LoopParts & { readonly pulls: Pulls };
  #unwritten = 0;

  constructor(parts: LoopParts & { readonly pulls: Pulls }) {
    this.#parts = parts;
  }

  /** Ends that could not be written down yet. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /** Resolves when it is written, or, after the signal was aborted, undefined when it cannot be: the next start then finds the pull running. */
  async write(ending: Ending, signal: AbortSignal): Promise<EndedOrder | undefined> {
    let isKept = false;
    try {
      for (;;) {
        const written = await this.#tryOnce(ending);
        if (written !== undefined || signal.aborted) return written;
        if (!isKept) this.#unwritten += 1;
        isKept = true;
        await this.#parts.clock.sleep(RETRY_MS, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      }
    } finally {
      if (isKept) this.#unwritten -= 1;
      if (this.#unwritten === 0) this.#parts.conditions.clear(condition);
    }
  }

  async #tryOnce(ending: Ending): Promise<EndedOrder | undefined> {
    const { pulls, conditions, logger } = this.#parts;
    try {
      return await pulls.end(ending);
    } catch (error) {
      if (!isDiskTrouble(error)) throw error;
      const isNew = conditions.raise(condition, {
        kind: 'outage',
        part: 'disk',
        message: `the end of a pull cannot be written down: ${error.message}`,
        code: error.code,
      });
      if (isNew) logger.error('The end of a pull cannot be written down: no pull starts until it can', {}, error);
      return undefined;
    }
  }
}
