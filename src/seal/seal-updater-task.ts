import { MINUTE_MS, SECOND_MS } from '../domain/units.ts';
import { runLoop } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import { lookForGone } from './gone-look.ts';
import { HeldReporter } from './held-reporter.ts';
import { readList, type ListTally } from './list-reader.ts';
import { decideLost } from './lost-decisions.ts';
import { lookAtLost } from './lost-look.ts';
import { PendingLook } from './pending-look.ts';
import type { SealParts } from './ports.ts';
import { UnbrokenLooks } from './unbroken-looks.ts';

const intervalMs = 2 * MINUTE_MS;
const fullIntervalMs = 30 * MINUTE_MS;
/** Until the first walk is complete: what it finds last may be held here. */
const unwalkedIntervalMs = 10 * SECOND_MS;

/**
 * Holds sWorker's files against the tables: what is being sealed and what is lost every two minutes, everything at start and every half hour.
 * Without its first full round no order is decided, or files held already would be pulled.
 */
export class SealUpdaterTask implements Task {
  readonly name = 'seal-updater';
  readonly #parts: SealParts;
  readonly #pending: PendingLook;
  readonly #reporter: HeldReporter;
  readonly #looksAtLost = new UnbrokenLooks();
  #fullAtMonotonicMs: number | undefined;
  /** The last full round met the rows of every order on chain. */
  #fullSawAllOrders = false;

  constructor(parts: SealParts) {
    this.#parts = parts;
    this.#pending = new PendingLook(parts);
    this.#reporter = new HeldReporter(parts);
  }

  /** True after the first full round of this process. */
  heldFilesKnown(): boolean {
    return this.#fullAtMonotonicMs !== undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#parts, { name: this.name, intervalMs }, signal, async () => await this.#round(signal));
  }

  async #round(signal: AbortSignal): Promise<number | undefined> {
    const { store } = this.#parts;
    const headBlock = (await store.facts.find('chain-time'))?.atBlock;
    // Records carry the block they begin at; the chain's time comes with the first answer of the chain.
    if (headBlock === undefined) return SECOND_MS;
    const through = await store.pins.newestId();
    await this.#pending.look(signal);
    const { tally, wantsFullRound } = await lookAtLost(this.#parts, headBlock, signal);
    const lookedBlocks = this.#looksAtLost.add(headBlock);
    this.#reporter.tellLost(tally.files);
    const isWalked = await store.listing.hasCompleteWalk();
    if (wantsFullRound || this.#isFullDue(isWalked)) {
      await this.#full(tally, through, headBlock, signal);
      this.#fullSawAllOrders = isWalked;
    }
    await decideLost(this.#parts, { headBlock, lookedBlocks }, signal);
    return isWalked ? undefined : unwalkedIntervalMs;
  }

  /** Orders that the first walk brought after a full round stand there as not held: another one follows the walk at once. */
  #isFullDue(isWalked: boolean): boolean {
    const lastMs = this.#fullAtMonotonicMs;
    if (isWalked && !this.#fullSawAllOrders) return true;
    return lastMs === undefined || this.#parts.clock.monotonicMs() - lastMs >= fullIntervalMs;
  }

  /** @param tally what the lost list of this round showed */
  async #full(tally: ListTally, through: number, headBlock: number, signal: AbortSignal): Promise<void> {
    const { clock, logger, sworker } = this.#parts;
    const beganMs = clock.monotonicMs();
    await readList(this.#parts, { files: sworker.validFiles(signal), state: 'valid' }, tally, headBlock, signal);
    const look = await lookForGone(this.#parts, tally.seen, through, headBlock, signal);
    const isFirst = this.#fullAtMonotonicMs === undefined;
    this.#fullAtMonotonicMs = beganMs;
    const { held, lost, missingAtOnce } = look;
    const { uncredited, withoutOrder } = tally;
    await this.#reporter.full({
      atMs: clock.nowMs(),
      atBlock: headBlock,
      held,
      lost,
      withoutOrder,
      uncredited,
      missingAtOnce,
      orphanSeals: this.#pending.orphanSeals,
    });
    if (isFirst) logger.info("sWorker's files are known", { held, lost, withoutOrder });
    await this.#readUnread(tally, signal);
  }

  /** Copies whose credit could not be judged by what is known: the next full round will have newer figures of them. */
  async #readUnread(tally: ListTally, signal: AbortSignal): Promise<void> {
    if (tally.unread.length === 0) return;
    const { reads } = await this.#parts.reads.read(tally.unread, {}, signal);
    await this.#parts.ingest.ingest(reads);
  }
}
