import takeWhile from 'lodash/takeWhile.js';
import type { Account } from '../../domain/account.ts';
import type { Ask, BlockRef } from '../../clients/chain/ask.ts';
import { underChildSignal } from '../../clients/chain/connection/signals.ts';
import { hasCode, SmError } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import { runLoop } from '../../runtime/loop.ts';
import type { Task } from '../../runtime/task.ts';
import type { Gap, Gaps } from '../../store/gaps.ts';
import type { ChainTaskParts } from '../ports.ts';
import { UndecodableGuard } from '../undecodable.ts';
import type { ReadBlock } from './block-changes.ts';
import { EventWriter } from './event-writer.ts';
import { firstReadable } from './first-readable.ts';
import { ReadAhead } from './read-ahead.ts';
import { readWindow, type BlockSource } from './read-window.ts';

/** Blocks read together, so many that with the parent of the first one question tells their hashes. */
const windowBlocks = 255;
/** Windows under way while one is written: what a window waits for the node is then hidden by the work on the others. */
const windowsBegun = 3;
const contradictionTries = 3;

interface EventIndexerParts extends ChainTaskParts {
  readonly account: Account;
  readonly gaps: Gaps;
  /** From the beginning of a walk to that of the next. */
  readonly scanIntervalBlocks: number;
}

/** Where a catch-up is to get, and how it asks. */
interface Goal {
  readonly source: BlockSource;
  readonly head: BlockRef;
  readonly ask: Ask;
}

/**
 * Follows every finalized block from the fact `event-cursor` on, none skipped; rows and cursor change in one transaction. The first walk sets the
 * cursor. Blocks whose state is gone everywhere become a gap, which starts a walk.
 */
export class EventIndexerTask implements Task {
  readonly name = 'events';
  readonly #parts: EventIndexerParts;
  readonly #guard: UndecodableGuard;
  readonly #writer: EventWriter;
  #contradicted: { readonly block: number; readonly tries: number } | undefined;
  /** The newest block taken in, the next one's parent; undefined behind a gap and at start. */
  #last: BlockRef | undefined;
  #goesOn: () => void = () => undefined;

  constructor(parts: EventIndexerParts) {
    this.#parts = parts;
    this.#guard = new UndecodableGuard(parts, 'chain-undecodable');
    this.#writer = new EventWriter(parts);
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#parts, { name: this.name, intervalMs: 2 * SECOND_MS }, signal, async (_, goesOn) => {
      this.#goesOn = goesOn;
      return await this.#guard.run(async () => await this.#round(signal));
    });
  }

  async #round(signal: AbortSignal): Promise<number | void> {
    const { chain, database, facts, account } = this.#parts;
    const ask = this.#guard.ask(signal);
    // Between two blocks there is nothing to look up.
    const early = this.#last === undefined ? undefined : (await chain.blocks.finalizedHead(ask)).value;
    if (early !== undefined && early.number <= (this.#last?.number ?? -1)) return;
    const [cursor, group] = await Promise.all([facts.find('event-cursor'), facts.find('group')]);
    if (cursor === undefined || group === undefined) return SECOND_MS;
    const head = early ?? (await chain.blocks.finalizedHead(ask)).value;
    const source: BlockSource = { chain, database, view: { owner: group.owner, account } };
    await underChildSignal(signal, async (control) => {
      await this.#catchUp(cursor.block, { source, head, ask: { ...ask, signal: control.signal } }, control);
    });
  }

  async #catchUp(cursor: number, goal: Goal, control: AbortController): Promise<void> {
    const { head } = goal;
    const options = { depth: windowsBegun, windowBlocks, end: head.number };
    const windows = new ReadAhead(options, async (from, to) => await this.#read(from, to, goal));
    let at = cursor;
    try {
      while (at < head.number) at = await this.#window(windows, at, goal);
    } finally {
      control.abort();
      await windows.settle();
    }
  }

  async #read(from: number, to: number, { source, head, ask }: Goal): Promise<readonly ReadBlock[]> {
    const isNext = this.#last?.number === from && to === from + 1 && to === head.number;
    const [parent, ...blocks] =
      isNext && this.#last !== undefined ? [this.#last, head] : await this.#blocks(from, to, { source, head, ask });
    if (parent === undefined) throw new RangeError(`no blocks from ${from} to ${to}`);
    return await readWindow(source, parent, blocks, ask);
  }

  /** By number, where a node tells what its best fork says: the one that ends with the finalized head is the right one. */
  async #blocks(from: number, to: number, { source, head, ask }: Goal): Promise<readonly BlockRef[]> {
    const { value: blocks, endPoint } = await source.chain.blocks.blocksBetween(from, to, ask);
    const last = blocks.at(-1);
    if (to !== head.number || last?.hash === head.hash) return blocks;
    throw new SmError('CHAIN_BAD_ANSWER', 'A finalized block has two hashes', {
      endPoint,
      block: to,
      field: 'hash',
      came: last?.hash,
    });
  }

  /** Takes in the blocks behind `cursor`, at most a window of them, and returns the new cursor. */
  async #window(windows: ReadAhead<readonly ReadBlock[]>, cursor: number, goal: Goal): Promise<number> {
    let blocks: readonly ReadBlock[];
    try {
      blocks = await windows.next(cursor);
    } catch (error) {
      if (hasCode(error, 'CHAIN_STATE_PRUNED')) return await this.#skipPruned(cursor, goal, error);
      throw error;
    }
    const taken = takeWhile(blocks, ({ contradictions }) => contradictions.length === 0);
    const reached = cursor + taken.length;
    await this.#writer.write(cursor, taken, goal.head.number);
    this.#last = taken.at(-1)?.block ?? this.#last;
    if (taken.length > 0) {
      this.#guard.goesOn();
      this.#goesOn();
    }
    if (this.#contradicted !== undefined && this.#contradicted.block <= reached) this.#contradicted = undefined;
    const contradictory = blocks[taken.length];
    return contradictory === undefined ? reached : await this.#contradiction(reached, contradictory, goal);
  }

  async #skipPruned(cursor: number, { head, ask }: Goal, pruned: SmError): Promise<number> {
    const readable = await firstReadable(this.#parts.chain, cursor + 1, head.number, ask);
    // Another end point has it, or the node says now this and now that: no gap, and no reason to ask again at once.
    if (readable === cursor + 1) throw pruned;
    const gap: Omit<Gap, 'id'> = { fromBlock: cursor + 1, toBlock: readable - 1, reason: 'pruned' };
    await this.#writer.writeGap(cursor, gap, [], head.number);
    this.#parts.logger.warn('The node no longer has the state of blocks not yet read: a walk makes up for them', {
      endPoint: pruned.data['endPoint'],
      fromBlock: gap.fromBlock,
      toBlock: gap.toBlock,
    });
    return gap.toBlock;
  }

  /** Asks again, another end point first; when nobody answers otherwise, the block becomes a gap so that the indexer is not held for ever. */
  async #contradiction(cursor: number, block: ReadBlock, { head }: Goal): Promise<number> {
    const { atBlock, endPoint } = block.changes;
    const tries = this.#contradicted?.block === atBlock ? this.#contradicted.tries + 1 : 1;
    this.#contradicted = { block: atBlock, tries };
    const data = { endPoint, block: atBlock, field: 'Market.FilesV2', cid: block.contradictions[0]?.text };
    const message = "the entry of an order does not agree with the block's events";
    if (tries < contradictionTries) throw new SmError('CHAIN_BAD_ANSWER', message, data);
    const gap: Omit<Gap, 'id'> = { fromBlock: atBlock, toBlock: atBlock, reason: 'contradiction' };
    await this.#writer.writeGap(cursor, gap, [block], head.number);
    this.#contradicted = undefined;
    this.#parts.logger.error('Events and orders of a block do not agree: a walk will tell what is true', data);
    return atBlock;
  }
}
