import type { Account } from '../../domain/account.ts';
import type { Answer, Ask, BlockRef } from '../../clients/chain/ask.ts';
import { hasCode, type SmError } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import type { Absences } from '../../store/absences.ts';
import type { Gaps } from '../../store/gaps.ts';
import { maxMissing } from '../../store/walk-pages.ts';
import type { Walk, Walks } from '../../store/walks.ts';
import type { ChainTaskParts } from '../ports.ts';
import { syncedHead } from '../synced-head.ts';
import { isOutdated } from './due-walk.ts';
import { PageReader, type WalkPage } from './page-reader.ts';
import { PageWriter } from './page-writer.ts';

const syncCheckMs = 30 * SECOND_MS;

interface WalkRunParts extends ChainTaskParts {
  readonly account: Account;
  readonly walks: Walks;
  readonly absences: Absences;
  readonly gaps: Gaps;
  readonly refreshBlocks: number;
}

/** `ended`: all keys were read. `outdated`: it reads for a former group owner. `implausible`: a stretch of keys misses too many orders. */
export type WalkOutcome = 'ended' | 'outdated' | 'implausible';

/** Takes a walk from its cursor to the end, the next page being read while the last one is written. */
export class WalkRun {
  readonly #parts: WalkRunParts;

  constructor(parts: WalkRunParts) {
    this.#parts = parts;
  }

  /** Goes on at a newer block when the walk's own has been pruned. */
  async run(walk: Walk, ask: Ask): Promise<WalkOutcome> {
    let standing = walk;
    for (;;) {
      try {
        return await this.#readOn(standing, ask);
      } catch (error) {
        if (!hasCode(error, 'CHAIN_STATE_PRUNED')) throw error;
        standing = await this.#reanchor(ask, error);
      }
    }
  }

  async #reanchor(ask: Ask, pruned: SmError): Promise<Walk> {
    const { chain, database, walks, logger } = this.#parts;
    const walk = await walks.findRunning();
    const { value: head } = await syncedHead(chain, ask);
    if (walk === undefined || head.number <= walk.anchorBlock) throw pruned;
    await database.write('event', async (tx) => await walks.reanchor(tx, walk, head.number));
    logger.info('The walk goes on at a newer block: its own was pruned', { from: walk.anchorBlock, to: head.number });
    return (await walks.findRunning()) ?? walk;
  }

  async #readOn(walk: Walk, ask: Ask): Promise<WalkOutcome> {
    const { account, facts, gaps, refreshBlocks, clock } = this.#parts;
    const rule = {
      readsAll: walk.readsAll,
      groupOwner: walk.groupOwner,
      staleBeforeBlock: walk.anchorBlock - refreshBlocks,
    };
    const reader = new PageReader({ ...this.#parts, view: { owner: walk.groupOwner, account }, rule });
    const writer = new PageWriter({ ...this.#parts, openGaps: await gaps.listOpen() });
    let source = await this.#anchor(walk, ask);
    let checkedMs = clock.monotonicMs();
    let page = await reader.read(source.value, walk.cursor, { ...ask, only: source.endPoint });
    for (;;) {
      ask.signal.throwIfAborted();
      if (page.slices.some((slice) => slice.comparison.missing.length > maxMissing)) return 'implausible';
      if (page.isLast) {
        await writer.write(walk, page);
        return 'ended';
      }
      if (clock.monotonicMs() - checkedMs >= syncCheckMs) {
        source = await this.#anchor(walk, ask);
        checkedMs = clock.monotonicMs();
        if (isOutdated(walk, (await facts.find('group'))?.owner ?? null)) return 'outdated';
      }
      const next = reader.read(source.value, page.toCursor, { ...ask, only: source.endPoint });
      page = await writeWhileReading(writer.write(walk, page), next);
    }
  }

  /** The walk's block, at an end point that is not syncing. */
  async #anchor(walk: Walk, ask: Ask): Promise<Answer<BlockRef>> {
    const { endPoint } = await syncedHead(this.#parts.chain, ask);
    return await this.#parts.chain.blocks.blockAt(walk.anchorBlock, { ...ask, only: endPoint });
  }
}

async function writeWhileReading(writing: Promise<void>, reading: Promise<WalkPage>): Promise<WalkPage> {
  const [written, read] = await Promise.allSettled([writing, reading]);
  if (written.status === 'rejected') throw written.reason;
  if (read.status === 'rejected') throw read.reason;
  return read.value;
}
