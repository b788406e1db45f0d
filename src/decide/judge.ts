import type { DecidableOrder, Decision, JudgedOrder, StandingChange } from '../domain/decision.ts';
import type { RuleVerdict } from '../domain/verdicts.ts';
import type { Clock } from '../runtime/clock.ts';
import type { FreshVerdict } from '../store/candidates.ts';
import type { Database, Tx } from '../store/database.ts';
import { findRuleOrder, listRuleOrders, ownersOf } from '../store/decidable-orders.ts';
import { writeStandings } from '../store/order-decisions.ts';
import { SlicePace } from '../store/slice-pace.ts';
import type { BasisKeeper, Ground } from './basis/basis-keeper.ts';
import { matchLists, type KnownOwner } from './basis/lists.ts';
import { decide } from './rules/decide.ts';
import { sameStanding, standingAfter, type Occasion } from './standing.ts';

type Owners = ReadonlyMap<number, readonly KnownOwner[]>;

/** A revision is done sooner with long transactions, and each takes BEGIN, COMMIT and a few statements, however short it is. */
const transactionMs = 16;

/** Applies the rules to rows, and writes what comes of it. */
export class Judge {
  readonly #database: Database;
  readonly #keeper: BasisKeeper;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #onQueued: () => void;
  readonly #pace = new SlicePace(transactionMs);

  /** `onQueued` is called when orders that may be pulled were written. */
  constructor(parts: {
    readonly database: Database;
    readonly keeper: BasisKeeper;
    readonly clock: Pick<Clock, 'monotonicMs'>;
    readonly onQueued?: () => void;
  }) {
    this.#database = parts.database;
    this.#keeper = parts.keeper;
    this.#clock = parts.clock;
    this.#onQueued = parts.onQueued ?? (() => undefined);
  }

  /** The changes that deciding the orders now would make; orders that would stay as they are give none. */
  async changes(
    orders: readonly DecidableOrder[],
    occasion: Occasion,
    ground: Ground,
  ): Promise<readonly StandingChange[]> {
    const owners = await this.#owners(orders, ground);
    const changes: StandingChange[] = [];
    for (const order of orders) {
      const decision = decideBy(order, order.id, owners, ground);
      const next = standingAfter(order, decision, occasion, ground.headBlock);
      if (occasion === 'look' || !sameStanding(order, next)) changes.push({ order, next });
    }
    return changes;
  }

  /**
   * Writes changes in transactions of some milliseconds, until the ground is another; returns how many rows took theirs. When all did, `andThen` is
   * part of the last transaction.
   */
  async write(
    changes: readonly StandingChange[],
    ground: Ground,
    andThen?: (tx: Tx) => Promise<void>,
  ): Promise<number> {
    let written = 0;
    let begun = 0;
    do {
      const part = changes.slice(begun, begun + this.#pace.rows);
      begun += part.length;
      written += await this.#writePart(part, ground, async (tx, rows) => {
        if (written + rows === changes.length) await andThen?.(tx);
      });
    } while (begun < changes.length && this.#keeper.isCurrent(ground));
    return written;
  }

  async #writePart(
    part: readonly StandingChange[],
    ground: Ground,
    andThen: (tx: Tx, rows: number) => Promise<void>,
  ): Promise<number> {
    let begunMs = 0;
    const written = await this.#database.write('bulk', async (tx) => {
      begunMs = this.#clock.monotonicMs();
      if (!this.#keeper.isCurrent(ground)) return 0;
      const rows = await writeStandings(tx, part, ground);
      await andThen(tx, rows);
      return rows;
    });
    this.#pace.took(part.length, this.#clock.monotonicMs() - begunMs);
    if (part.some(({ next }) => next.status === 'queued')) this.#onQueued();
    return written;
  }

  /**
   * Decides orders of any status by their present rows, as the pick does after it read them again, by their ids; one that is no more is left out.
   * Undefined while nothing can be decided.
   */
  async decideAgain(
    orders: readonly { readonly id: number }[],
  ): Promise<ReadonlyMap<number, FreshVerdict> | undefined> {
    const ground = await this.#keeper.recentGround();
    if (typeof ground === 'string') return undefined;
    const ids = orders.map((order) => order.id);
    const rows = await this.#database.read(async (reader) => await listRuleOrders(reader, ids), 'urgent');
    const owners = await this.#owners(rows, ground);
    const by = { basisId: ground.basisId, decidedBlock: ground.headBlock };
    return new Map(
      rows.map((row): [number, FreshVerdict] => {
        const decision = decideBy(row, row.id, owners, ground);
        const standing = standingAfter({ ...row, status: 'queued' }, decision, 'change', ground.headBlock);
        const { lookBlock, turnBlock } = standing;
        const { verdict, inputs, draw, orderClass } = decision;
        return [row.id, { verdict, inputs, lookBlock, turnBlock, draw, orderClass, ...by }];
      }),
    );
  }

  /**
   * The verdict that an order of any status would get now, `heldHere` telling whether sWorker is taken to have the file. Nothing is stored.
   * Undefined when nothing can be decided now or there is no such order.
   */
  async verdictOf(id: number, options: { readonly heldHere: boolean }): Promise<RuleVerdict | undefined> {
    const ground = await this.#keeper.recentGround();
    if (typeof ground === 'string') return undefined;
    const order = await this.#database.read(async (reader) => await findRuleOrder(reader, id));
    if (order === undefined) return undefined;
    const owners = await this.#owners([order], ground);
    return decideBy({ ...order, ...options }, id, owners, ground).verdict;
  }

  async #owners(orders: readonly { readonly id: number }[], ground: Ground): Promise<Owners> {
    if (!ground.lists.needOwners || orders.length === 0) return new Map();
    const ids = orders.map((order) => order.id);
    return await this.#database.read(async (reader) => await ownersOf(reader, ids));
  }
}

function decideBy(
  order: JudgedOrder & { readonly heldHere: boolean },
  id: number,
  owners: Owners,
  ground: Ground,
): Decision {
  const { headBlock, basis, lists } = ground;
  const listMatch = matchLists(order.key.text, owners.get(id) ?? [], lists);
  return decide(order, { headBlock, heldHere: order.heldHere, listMatch }, basis);
}
