import { SECOND_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Database } from '../store/database.ts';
import { hasIdleMark, listMarked, listUndecided } from '../store/decidable-orders.ts';
import { clearIdleMarks, clearMarks } from '../store/order-decisions.ts';
import type { BasisKeeper, Ground } from './basis/basis-keeper.ts';
import { heldFilesUnknown } from './basis/missing.ts';
import type { Judge } from './judge.ts';
import type { RevisionWalk } from './revision-walk.ts';
import { isPickVerdict } from './standing.ts';
import { WakeUp } from '../runtime/wake-up.ts';

export interface DecideTaskParts extends LoopParts {
  readonly database: Database;
  readonly keeper: BasisKeeper;
  readonly judge: Judge;
  readonly revision: RevisionWalk;
}

const pauseMs = 2 * SECOND_MS;
const sliceRows = 250;
/** Slices of a revision between two looks for orders that are new or marked: those go first, but asking for them takes its time too. */
const slicesBetweenLooks = 4;
/** After so long at a stretch the facts are looked at again. */
const stretchMs = 5 * SECOND_MS;

const condition = 'undecided';

/** Gives new orders their first verdict, marked ones their next, and brings a changed basis to all others. */
export class DecideTask implements Task {
  readonly name = 'decide';
  readonly #parts: DecideTaskParts;
  readonly #wakeUp: WakeUp;

  constructor(parts: DecideTaskParts) {
    this.#parts = parts;
    this.#wakeUp = new WakeUp(parts.clock);
  }

  /** Says that there is something to decide: the next round starts at once. */
  notify(): void {
    this.#wakeUp.call();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#wakeUp.call();
    await runLoop(this.#parts, { name: this.name, intervalMs: 0, retryMs: 5 * SECOND_MS }, signal, async () => {
      await this.#wakeUp.wait(pauseMs, signal);
      await this.round(signal);
    });
  }

  /** One round: all there is to decide, as long as the facts it is decided by may be trusted without another look at them. */
  async round(signal: AbortSignal): Promise<void> {
    const { keeper, conditions, clock, logger } = this.#parts;
    const ground = await keeper.ground();
    if (typeof ground === 'string') {
      const message = `nothing is decided: ${ground}`;
      const blocksReady = ground !== heldFilesUnknown;
      if (conditions.raise(condition, { kind: 'wait', part: 'node', message, blocksReady })) {
        logger.info('Nothing is decided for now', { reason: ground });
      }
      return;
    }
    if (conditions.clear(condition)) logger.info('Orders are decided again', { basis: ground.basisId });
    const endMs = clock.monotonicMs() + stretchMs;
    while (!signal.aborted) {
      if (!keeper.isCurrent(ground)) return this.notify();
      const worked = [await this.#first(ground), await this.#marked(ground), await this.#revised(ground, signal)];
      if (!worked.includes(true)) return;
      if (clock.monotonicMs() >= endMs) return this.notify();
    }
  }

  /** Some slices of a revision; false when nothing was left to revise. */
  async #revised(ground: Ground, signal: AbortSignal): Promise<boolean> {
    const { keeper, revision } = this.#parts;
    let slices = 0;
    do {
      if (!(await revision.slice(ground))) return slices > 0;
      slices += 1;
    } while (slices < slicesBetweenLooks && keeper.isCurrent(ground) && !signal.aborted);
    return true;
  }

  async #first(ground: Ground): Promise<boolean> {
    const { database, judge } = this.#parts;
    const orders = await database.read(async (reader) => await listUndecided(reader, sliceRows));
    if (orders.length === 0) return false;
    return (await judge.write(await judge.changes(orders, 'first', ground), ground)) > 0;
  }

  async #marked(ground: Ground): Promise<boolean> {
    const { database, judge } = this.#parts;
    const orders = await database.read(async (reader) => await listMarked(reader, sliceRows));
    const aside = orders.filter((order) => isPickVerdict(order.verdict));
    const changes = await judge.changes(
      orders.filter((order) => !isPickVerdict(order.verdict)),
      'change',
      ground,
    );
    let worked = 0;
    if (aside.length > 0) worked += await database.write('bulk', async (tx) => await clearMarks(tx, aside.map(idOf)));
    if (changes.length > 0) worked += await judge.write(changes, ground);
    if (orders.length === 0) worked += await this.#clearIdleMarks();
    return worked > 0;
  }

  async #clearIdleMarks(): Promise<number> {
    const { database } = this.#parts;
    if (!(await database.read(hasIdleMark))) return 0;
    return await database.write('bulk', async (tx) => await clearIdleMarks(tx, sliceRows));
  }
}

function idOf(order: { readonly id: number }): number {
  return order.id;
}
