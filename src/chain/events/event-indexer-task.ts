import type { Account } from '../../domain/account.ts';
import type { Ask } from '../../clients/chain/ask.ts';
import { hasCode, SmError } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import { runLoop } from '../../runtime/loop.ts';
import type { Task } from '../../runtime/task.ts';
import type { Tx } from '../../store/database.ts';
import type { Gap, Gaps } from '../../store/gaps.ts';
import { applyBlock } from '../../store/order-events.ts';
import type { ChainTaskParts } from '../ports.ts';
import { UndecodableGuard } from '../undecodable.ts';
import type { ReadBlock } from './block-changes.ts';
import { firstReadable } from './first-readable.ts';
import { readBlock, type BlockSource } from './read-block.ts';

const windowBlocks = 16;
const contradictionTries = 3;

interface EventIndexerParts extends ChainTaskParts {
  readonly account: Account;
  readonly gaps: Gaps;
}

/**
 * Follows every finalized block from the fact `event-cursor` on, none skipped; rows and cursor change in one transaction. The first walk sets the
 * cursor. Blocks whose state is gone everywhere become a gap, which starts a walk.
 */
export class EventIndexerTask implements Task {
  readonly name = 'events';
  readonly #parts: EventIndexerParts;
  readonly #guard: UndecodableGuard;
  #contradicted: { readonly block: number; readonly tries: number; readonly endPoint: string } | undefined;

  constructor(parts: EventIndexerParts) {
    this.#parts = parts;
    this.#guard = new UndecodableGuard(parts, 'chain-undecodable');
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(
      this.#parts,
      { name: this.name, intervalMs: 2 * SECOND_MS },
      signal,
      async () => await this.#guard.run(async () => await this.#catchUp(signal)),
    );
  }

  async #catchUp(signal: AbortSignal): Promise<number | void> {
    const { chain, database, facts, account } = this.#parts;
    const [cursor, group] = await Promise.all([facts.find('event-cursor'), facts.find('group')]);
    if (cursor === undefined || group === undefined) return SECOND_MS;
    const source: BlockSource = { chain, database, view: { owner: group.owner, account } };
    const guarded = this.#guard.ask(signal);
    const ask: Ask = this.#contradicted === undefined ? guarded : { ...guarded, avoid: this.#contradicted.endPoint };
    const { value: head } = await chain.blocks.finalizedHead(ask);
    let at = cursor.block;
    while (at < head.number) {
      signal.throwIfAborted();
      at = await this.#window(source, at, head.number, ask);
    }
  }

  /** Takes in the blocks behind `cursor`, at most a window of them, and returns the new cursor. */
  async #window(source: BlockSource, cursor: number, head: number, ask: Ask): Promise<number> {
    const to = Math.min(head, cursor + windowBlocks);
    const { value: blocks } = await source.chain.blocks.blocksBetween(cursor + 1, to, ask);
    const outcomes = await Promise.allSettled(blocks.map(async (block) => await readBlock(source, block, ask)));
    const taken: ReadBlock[] = [];
    let stop: PromiseSettledResult<ReadBlock> | undefined;
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected' || outcome.value.contradictions.length > 0) {
        stop = outcome;
        break;
      }
      taken.push(outcome.value);
    }
    const reached = cursor + taken.length;
    if (taken.length > 0) await this.#advance(cursor, reached, taken);
    if (this.#contradicted !== undefined && this.#contradicted.block <= reached) this.#contradicted = undefined;
    if (stop === undefined) return reached;
    if (stop.status === 'fulfilled') return await this.#contradiction(reached, stop.value);
    if (hasCode(stop.reason, 'CHAIN_STATE_PRUNED')) return await this.#skipPruned(reached, head, ask);
    throw stop.reason;
  }

  async #skipPruned(cursor: number, head: number, ask: Ask): Promise<number> {
    const readable = await firstReadable(this.#parts.chain, cursor + 1, head, ask);
    // What was pruned a moment ago may have been asked of another end point; then there is no gap.
    if (readable === cursor + 1) return cursor;
    const gap: Omit<Gap, 'id'> = { fromBlock: cursor + 1, toBlock: readable - 1, reason: 'pruned' };
    await this.#advance(cursor, gap.toBlock, [], gap);
    this.#parts.logger.warn('The node no longer has the state of blocks not yet read: a walk makes up for them', {
      fromBlock: gap.fromBlock,
      toBlock: gap.toBlock,
    });
    return gap.toBlock;
  }

  /** Asks again, another end point first; when nobody answers otherwise, the block becomes a gap so that the indexer is not held for ever. */
  async #contradiction(cursor: number, block: ReadBlock): Promise<number> {
    const { atBlock, endPoint } = block.changes;
    const tries = this.#contradicted?.block === atBlock ? this.#contradicted.tries + 1 : 1;
    this.#contradicted = { block: atBlock, tries, endPoint };
    const data = { endPoint, block: atBlock, field: 'Market.FilesV2', cid: block.contradictions[0]?.text };
    const message = "the entry of an order does not agree with the block's events";
    if (tries < contradictionTries) throw new SmError('CHAIN_BAD_ANSWER', message, data);
    await this.#advance(cursor, atBlock, [block], { fromBlock: atBlock, toBlock: atBlock, reason: 'contradiction' });
    this.#contradicted = undefined;
    this.#parts.logger.error('Events and orders of a block do not agree: a walk will tell what is true', data);
    return atBlock;
  }

  async #advance(from: number, to: number, blocks: readonly ReadBlock[], gap?: Omit<Gap, 'id'>): Promise<void> {
    const { database, facts, gaps, clock } = this.#parts;
    const nowMs = clock.nowMs();
    await database.write('event', async (tx: Tx) => {
      const standing = await facts.find('event-cursor', tx);
      if (standing?.block !== from) {
        throw new SmError('CURSOR_MOVED', 'the event cursor is not where it was left: another writer moved it', {
          expected: from,
          found: standing?.block,
        });
      }
      for (const { changes } of blocks) await applyBlock(tx, changes, nowMs);
      if (gap !== undefined) await gaps.add(tx, gap, nowMs);
      await facts.set(tx, 'event-cursor', { block: to });
    });
  }
}
