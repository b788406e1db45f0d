import type { Amount, CleanupMode, UnprovenVerdict } from '../domain/deletions.ts';
import { HOUR_MS } from '../domain/units.ts';
import { formatBytes, formatCount } from '../lib/format.ts';
import type { Condition, ConditionName, Conditions } from '../runtime/conditions.ts';
import type { LoopParts } from '../runtime/loop.ts';

/** More closed files are due than may be deleted within a day. */
const dayFull = 'cleanup-limit';
/** A person has to approve closes known only by absence from walks. */
const unapproved = 'cleanup-approval';
/** So many held orders seem gone that the chain is not believed. */
const heldOrdersGone = 'held-orders-gone';
/** What happened on chain up to the last look at a closed order is not read. */
const eventsBehind = 'cleanup-events';
const dryRun = 'cleanup-dry-run';

const look = 'smanager cleanup shows them, smanager cleanup approve lets them go';

/** Says what holds deletions back: as a condition, and in the log when it begins and then once an hour. */
export class GuardTalk {
  readonly #parts: LoopParts;
  readonly #saidMs = new Map<ConditionName, number>();

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  unproven(verdict: UnprovenVerdict, waiting: Amount, held: Amount): void {
    const closes = text(waiting);
    if (verdict !== 'approval') this.#clear(unapproved);
    if (verdict !== 'outage') this.#clear(heldOrdersGone);
    if (verdict === 'approval') {
      this.#say(unapproved, 'error', 'Closes known only by absence from walks wait for a person', waiting, {
        ...quietWait,
        message: `the orders of ${closes} seem closed only because walks did not find them, more than may be deleted within a day: ${look}`,
      });
    }
    if (verdict === 'outage') {
      this.#say(heldOrdersGone, 'error', 'Most held orders seem gone from the chain; nothing is deleted', waiting, {
        kind: 'outage',
        part: 'chain',
        blocksReady: true,
        message: `the orders of ${closes} of ${formatCount(held.files)} held are not found on chain: that is not believed, nothing is deleted; ${look}`,
      });
    }
  }

  /** @param waiting what is due and may not go yet; undefined when nothing is held back by the limit */
  limit(waiting: Amount | undefined): void {
    if (waiting === undefined) {
      this.#clear(dayFull);
      return;
    }
    this.#say(dayFull, 'warn', 'As many files as may be deleted within a day are deleted; the others wait', waiting, {
      ...quietWait,
      message: `${text(waiting)} of closed orders wait: as many as cleanup.maxPercentPerDay allows were deleted within a day`,
    });
  }

  /** @param waiting what is due while the events of the last blocks are not read; undefined when they are */
  behind(waiting: Amount | undefined): void {
    if (waiting === undefined) {
      this.#clear(eventsBehind);
      return;
    }
    this.#clear(dayFull);
    this.#say(eventsBehind, 'info', 'Closed files wait until the events of the last blocks are read', waiting, {
      ...quietWait,
      message: `${text(waiting)} of closed orders wait until the events of the last blocks are read: a re-order may be among them`,
    });
  }

  /** In an outage of the chain, which is told by itself: nothing else holds deletions back. */
  nothingGoes(mode: CleanupMode): void {
    this.#clear(dayFull);
    this.#clear(eventsBehind);
    if (mode === 'dryRun') this.dryRun({ files: 0, bytes: 0 });
  }

  dryRun(due: Amount): void {
    this.#say(dryRun, 'info', 'cleanup.mode is dryRun: nothing is deleted', due, {
      ...quietWait,
      message: `cleanup.mode is dryRun: ${text(due)} of closed orders would be deleted`,
    });
  }

  #say(
    name: ConditionName,
    level: 'info' | 'warn' | 'error',
    message: string,
    amount: Amount,
    condition: Parameters<Conditions['raise']>[1],
  ): void {
    const { clock, conditions, logger } = this.#parts;
    conditions.raise(name, condition);
    const nowMs = clock.monotonicMs();
    const saidMs = this.#saidMs.get(name);
    if (saidMs !== undefined && nowMs - saidMs < HOUR_MS) return;
    this.#saidMs.set(name, nowMs);
    logger[level](message, { ...amount });
  }

  #clear(name: ConditionName): void {
    if (!this.#parts.conditions.clear(name)) return;
    this.#parts.logger.info('Deletions are no longer held back', { condition: name });
  }
}

const quietWait: Pick<Condition, 'kind' | 'part' | 'blocksReady'> = { kind: 'wait', part: 'node', blocksReady: false };

function text({ files, bytes }: Amount): string {
  return `${formatCount(files)} ${files === 1 ? 'file' : 'files'} (${formatBytes(bytes)})`;
}
