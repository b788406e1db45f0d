import sumBy from 'lodash/sumBy.js';
import type { Account } from '../../domain/account.ts';
import type { Answer, Ask, BlockRef } from '../../clients/chain/ask.ts';
import { underChildSignal } from '../../clients/chain/connection/signals.ts';
import { hasCode, type SmError } from '../../domain/errors.ts';
import { BLOCK_MS, SECOND_MS } from '../../domain/units.ts';
import type { Absences } from '../../store/absences.ts';
import type { Gaps } from '../../store/gaps.ts';
import type { Tally } from '../../store/tally.ts';
import type { RefreshTurns } from '../../store/ingest/refresh-turn.ts';
import { maxMissing, type ReadingRule } from '../../store/walk-pages.ts';
import type { Walk, Walks } from '../../store/walks.ts';
import type { ChainTaskParts } from '../ports.ts';
import { syncedHead } from '../synced-head.ts';
import { isOutdated } from './due-walk.ts';
import { assertEndOfMap } from './end-of-map.ts';
import { KeyStream } from './key-stream.ts';
import { Pace } from './pace.ts';
import { PageReader } from './page-reader.ts';
import { PageWriter } from './page-writer.ts';
import { PagesAhead } from './pages-ahead.ts';
import { expectedReach, refreshTurns, type WalkRhythm } from './refresh-turns.ts';
import { RunProgress } from './run-progress.ts';

const syncCheckMs = 30 * SECOND_MS;

interface WalkRunParts extends ChainTaskParts {
  readonly account: Account;
  readonly walks: Walks;
  readonly absences: Absences;
  readonly gaps: Gaps;
  readonly tally: Tally;
  readonly scanIntervalBlocks: number;
  readonly refreshBlocks: number;
  /** 0 for no limit. */
  readonly maxOrdersPerSecond: number;
  /** Called whenever pages were written. */
  readonly onProgress: () => void;
}

/** `ended`: all keys were read. `outdated`: it reads for a former group owner. `implausible`: a stretch of keys misses too many orders. */
export type WalkOutcome = 'ended' | 'outdated' | 'implausible';

/** What a run may come to know better on its way. */
interface RunState {
  anchor: Answer<BlockRef>;
  headBlock: number;
}

/** Takes a walk from its cursor to the end, the next pages being read while one is written. */
export class WalkRun {
  readonly #parts: WalkRunParts;
  #endPoint = '';

  constructor(parts: WalkRunParts) {
    this.#parts = parts;
  }

  /** Whom the pages came from that were read last. */
  get endPoint(): string {
    return this.#endPoint;
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
    const state = await this.#look(walk, ask);
    const rule = this.#rule(walk, await this.#rhythm(walk), state);
    return await underChildSignal(ask.signal, async (control) => {
      const pages = this.#pages(walk, { ...ask, signal: control.signal }, rule, state);
      try {
        return await this.#writeAll(walk, pages, ask, { rule, state });
      } finally {
        control.abort();
        await pages.settle();
      }
    });
  }

  #rule(walk: Walk, rhythm: WalkRhythm, state: RunState): () => ReadingRule {
    return () => {
      const durations = [...rhythm.durations, state.headBlock - walk.oldestPageBlock];
      const reachBlocks = expectedReach({ ...rhythm, durations });
      const turns = refreshTurns(walk.anchorBlock, this.#parts.refreshBlocks, reachBlocks);
      return { readsAll: walk.readsAll, groupOwner: walk.groupOwner, turns };
    };
  }

  #pages(walk: Walk, ask: Ask, rule: () => ReadingRule, state: RunState): PagesAhead {
    const { account, maxOrdersPerSecond, clock } = this.#parts;
    const pace = new Pace(clock, maxOrdersPerSecond);
    const source = () => state.anchor;
    const keys = new KeyStream({ ...this.#parts, pace, source, ask, cursor: walk.cursor });
    const reader = new PageReader({ ...this.#parts, view: { owner: walk.groupOwner, account }, rule });
    return new PagesAhead(keys, reader, ask);
  }

  async #writeAll(
    walk: Walk,
    pages: PagesAhead,
    ask: Ask,
    { rule, state }: { readonly rule: () => ReadingRule; readonly state: RunState },
  ): Promise<WalkOutcome> {
    const { chain, facts, gaps, clock } = this.#parts;
    const progress = new RunProgress(this.#parts, walk);
    const turns = (): RefreshTurns | undefined => (walk.readsAll ? undefined : rule().turns);
    const writer = new PageWriter({ ...this.#parts, progress, turns, openGaps: await gaps.listOpen() });
    let checkedMs = clock.monotonicMs();
    let { orders } = walk;
    for (;;) {
      const read = await pages.next();
      ask.signal.throwIfAborted();
      if (read.length === 0) return 'ended';
      orders += sumBy(read, 'keyCount');
      const end = read.find((page) => page.isLast);
      if (end !== undefined) await assertEndOfMap(chain, end, orders, ask);
      if (read.some((page) => page.comparison.missing.length > maxMissing)) return 'implausible';
      if (clock.monotonicMs() - checkedMs >= syncCheckMs) {
        Object.assign(state, await this.#look(walk, ask));
        checkedMs = clock.monotonicMs();
        if (isOutdated(walk, (await facts.find('group'))?.owner ?? null)) return 'outdated';
      }
      await writer.write(walk, read);
      this.#parts.onProgress();
    }
  }

  /** The walk's block, at an end point that is not syncing, and the newest one there. */
  async #look(walk: Walk, ask: Ask): Promise<RunState> {
    const { value: head, endPoint } = await syncedHead(this.#parts.chain, ask);
    this.#endPoint = endPoint;
    const anchor = await this.#parts.chain.blocks.blockAt(walk.anchorBlock, { ...ask, only: endPoint });
    return { anchor, headBlock: head.number };
  }

  async #rhythm(walk: Walk): Promise<WalkRhythm> {
    const { walks, facts, tally, scanIntervalBlocks, maxOrdersPerSecond } = this.#parts;
    const last = await walks.findLastComplete();
    const before = last === undefined ? undefined : await walks.findCompleteBefore(last.id);
    const begun = [walk, last, before].flatMap((each) => each?.oldestPageBlock ?? []);
    const slowest = maxOrdersPerSecond === 0 ? 0 : (await tally.openOrders()) / maxOrdersPerSecond;
    return {
      intervalBlocks: scanIntervalBlocks,
      distances: begun.slice(1).map((block, index) => (begun[index] ?? block) - block),
      durations: [(await facts.find('walk-duration'))?.blocks ?? 0, Math.ceil((slowest * SECOND_MS) / BLOCK_MS)],
    };
  }
}
