import type { Account } from '../../domain/account.ts';
import type { Ask, BlockRef } from '../../clients/chain/ask.ts';
import { SmError } from '../../domain/errors.ts';
import { BLOCK_MS, MINUTE_MS, SECOND_MS } from '../../domain/units.ts';
import { runLoop } from '../../runtime/loop.ts';
import type { Task } from '../../runtime/task.ts';
import type { Absences } from '../../store/absences.ts';
import type { Gaps } from '../../store/gaps.ts';
import type { Tally } from '../../store/tally.ts';
import type { Walk, WalkReason, Walks } from '../../store/walks.ts';
import type { ChainTaskParts } from '../ports.ts';
import { syncedHead } from '../synced-head.ts';
import { UndecodableGuard } from '../undecodable.ts';
import { AbsenceCloser } from './absence-closer.ts';
import { dueWalk, isOutdated, readsAllValues } from './due-walk.ts';
import { WalkEnding } from './walk-end.ts';
import { WalkRun } from './walk-run.ts';

const lostOrders = 'chain-lost-orders';

interface WalkTaskParts extends ChainTaskParts {
  readonly account: Account;
  readonly walks: Walks;
  readonly absences: Absences;
  readonly gaps: Gaps;
  readonly tally: Tally;
  readonly scanIntervalBlocks: number;
  readonly refreshBlocks: number;
  /** 0 for no limit. */
  readonly maxOrdersPerSecond: number;
}

/**
 * Walks all of `FilesV2`: at first start, by interval, for a gap, for a new group owner. Goes on where it was after a restart. Closes orders that
 * are gone.
 */
export class WalkTask implements Task {
  readonly name = 'walk';
  readonly #parts: WalkTaskParts;
  readonly #guard: UndecodableGuard;
  readonly #closer: AbsenceCloser;
  readonly #ending: WalkEnding;
  readonly #run: WalkRun;
  #settled = false;
  /** Its last walk was not believed: another end point is walked first. */
  #disbelieved: string | undefined;
  #goesOn: () => void = () => undefined;

  constructor(parts: WalkTaskParts) {
    this.#parts = parts;
    this.#guard = new UndecodableGuard(parts, 'chain-undecodable-walk');
    this.#closer = new AbsenceCloser(parts);
    this.#ending = new WalkEnding(parts);
    const onProgress = (): void => {
      this.#guard.goesOn();
      this.#goesOn();
    };
    this.#run = new WalkRun({ ...parts, onProgress });
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#parts, { name: this.name, intervalMs: BLOCK_MS }, signal, async (_, goesOn) => {
      this.#goesOn = goesOn;
      return await this.#guard.run(async () => await this.#round(signal));
    });
  }

  async #round(signal: AbortSignal): Promise<number | void> {
    const { facts, walks, logger } = this.#parts;
    const group = await facts.find('group');
    if (group === undefined) return SECOND_MS;
    const guarded = this.#guard.ask(signal, 'bulk');
    const ask = this.#disbelieved === undefined ? guarded : { ...guarded, avoid: this.#disbelieved };
    const running = await walks.findRunning();
    if (running !== undefined && isOutdated(running, group.owner)) {
      logger.info('The group has another owner: the walk begins anew', { walk: running.id });
      await this.#ending.abandon(running);
    } else if (running !== undefined) return await this.#walk(running, ask);
    if (!this.#settled) this.#settled = await this.#closer.settle(group.owner, ask);
    const begun = await this.#beginIfDue(group.owner, ask);
    return begun === undefined ? undefined : await this.#walk(begun, ask);
  }

  async #beginIfDue(groupOwner: string | null, ask: Ask): Promise<Walk | undefined> {
    const { facts, walks, gaps, scanIntervalBlocks, chain } = this.#parts;
    const time = await facts.find('chain-time');
    if (time === undefined) return undefined;
    const reason = dueWalk({
      lastComplete: await walks.findLastComplete(),
      lastReadingAll: await walks.findLastReadingAll(),
      openGaps: await gaps.listOpen(),
      groupOwner,
      headBlock: time.atBlock,
      intervalBlocks: scanIntervalBlocks,
    });
    if (reason === undefined) return undefined;
    const { value: head } = await syncedHead(chain, ask);
    if (head.number < time.atBlock) return undefined;
    return await this.#begin(reason, groupOwner, head);
  }

  async #begin(reason: WalkReason, groupOwner: string | null, head: BlockRef): Promise<Walk | undefined> {
    const { database, facts, walks, gaps, clock, logger } = this.#parts;
    const readsAll = readsAllValues(reason);
    await database.write('event', async (tx) => {
      const newestGap = Math.max(0, ...(await gaps.listOpen(tx)).map((gap) => gap.id));
      const walk = { reason, readsAll, groupOwner, newestGap, anchorBlock: head.number, startedMs: clock.nowMs() };
      await walks.begin(tx, walk);
      // Events are followed from the block behind the first walk's state on, so that nothing falls between the two.
      if ((await facts.find('event-cursor', tx)) === undefined)
        await facts.set(tx, 'event-cursor', { block: head.number });
    });
    logger.info('A walk over all orders begins', { reason, atBlock: head.number });
    return await walks.findRunning();
  }

  async #walk(walk: Walk, ask: Ask): Promise<number | void> {
    const outcome = await this.#run.run(walk, ask);
    if (outcome === 'outdated') return 0;
    if (outcome === 'implausible') {
      await this.#ending.abandon(walk);
      return this.#sayImplausible(walk.orders, await this.#parts.tally.openOrders());
    }
    return await this.#complete(walk);
  }

  async #complete(begun: Walk): Promise<number | void> {
    const { walks, conditions, logger, clock } = this.#parts;
    const walk = await walks.findRunning();
    if (walk === undefined || walk.id !== begun.id)
      throw new SmError('CURSOR_MOVED', 'the walk is not where it was left: another writer moved it', {
        walk: begun.id,
      });
    const end = await this.#ending.complete(walk);
    if (end.kind === 'implausible') return this.#sayImplausible(end.found, end.known);
    conditions.clear(lostOrders);
    this.#disbelieved = undefined;
    this.#settled = false;
    logger.info('The walk over all orders is complete', {
      orders: walk.orders,
      missing: walk.missing,
      gapsClosed: end.gapsClosed,
      seconds: Math.round((clock.nowMs() - walk.startedMs) / SECOND_MS),
    });
    if (end.suspect) logger.warn('So many orders are gone that the next walk has to agree before any is closed');
    return 0;
  }

  #sayImplausible(found: number, known: number): number {
    const { endPoint } = this.#run;
    this.#disbelieved = endPoint;
    const message = `the chain end point ${endPoint} shows ${found} orders where ${known} are known: that is not believed`;
    const isNew = this.#parts.conditions.raise(lostOrders, { kind: 'outage', part: 'chain', message });
    if (isNew) {
      const lost = 'The chain seems to have lost most orders; nothing is closed';
      this.#parts.logger.error(lost, { endPoint, found, known });
    }
    return 10 * MINUTE_MS;
  }
}
