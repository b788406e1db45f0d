import { comparePico } from '../../domain/amount.ts';
import type { Order } from '../../domain/order.ts';
import type { Candidates } from '../../store/candidates.ts';
import type { PullSettings } from '../ports.ts';
import { NO_SPACE_BLOCKS } from '../run/look-after.ts';
import type { RunningPulls } from '../run/running-pulls.ts';
import { drawSources, openSources, type Random } from '../rules/draw-source.ts';
import { kindOf, openKinds, slotsOf, type Kind } from '../rules/slots.ts';
import { noSpace } from '../rules/space.ts';
import type { Opening } from './gate.ts';
import { QueueHeads } from './queue-heads.ts';

export const MOST_ASIDE = 50;

/** What one round of pulls remembers. */
export interface Round {
  readonly opening: Opening;
  readonly headBlock: number;
  /** Orders tried in this round: each is tried once. */
  readonly tried: Set<number>;
  /** Orders put aside for want of space in this round. */
  aside: number;
  started: number;
  /** Set when the round has to end: why no more pulls start. */
  hold: string | undefined;
  /** Heads of the queue that are kept from one choice of the round to the next; without them each reads its own. */
  readonly heads?: QueueHeads;
}

interface ChooserParts {
  readonly candidates: Candidates;
  readonly running: RunningPulls;
  readonly settings: PullSettings;
  readonly random: Random;
}

/** Chooses orders by slots, sources and reward, from stored figures alone, and keeps their places. */
export class Chooser {
  readonly #parts: ChooserParts;
  #resume: readonly number[] = [];

  constructor(parts: ChooserParts) {
    this.#parts = parts;
  }

  /** Orders of pulls that a restart ended: they go before all others. */
  resumeFirst(orderIds: readonly number[]): void {
    this.#resume = orderIds;
  }

  /** Whether any order could have a slot now: spares sWorker and the chain questions while none can. */
  async hasWork(heads = new QueueHeads(this.#parts.candidates, new Set(), 1)): Promise<boolean> {
    for (const kind of await this.#openKinds(heads)) {
      for (const orderClass of openSources(this.#parts.settings.weights)) {
        if ((await heads.first(orderClass, kind)) !== undefined) return true;
      }
    }
    return false;
  }

  /** Chooses at most `most` orders and keeps a slot and the space for each. */
  async choose(round: Round, most: number): Promise<readonly Order[]> {
    const chosen: Order[] = [];
    if (most <= 0) return chosen;
    const heads = round.heads ?? new QueueHeads(this.#parts.candidates, round.tried, most);
    while (chosen.length < most && round.aside < MOST_ASIDE) {
      const order = await this.#next(round, heads);
      if (order === undefined) break;
      round.tried.add(order.id);
      if (await this.#fits(order, round)) {
        this.#parts.running.reserve(order.id, order.sizeBytes);
        chosen.push(order);
      }
    }
    return chosen;
  }

  /** Small orders that will probably be chosen next, when slots are free; nothing is kept for them. */
  async upcoming(round: Round, most: number): Promise<readonly Order[]> {
    const { newFilesWeight, dbFilesWeight } = this.#parts.settings.weights;
    const orders: Order[] = [];
    for (const orderClass of openSources(this.#parts.settings.weights)) {
      const weight = orderClass === 'new' ? newFilesWeight : dbFilesWeight;
      const share = Math.ceil((most * weight) / (newFilesWeight + dbFilesWeight));
      orders.push(...((await round.heads?.next(orderClass, 'small', share)) ?? []));
    }
    return orders;
  }

  /** Whether there is room beside what runs; if not, the order is put aside. */
  async #fits(order: Order, round: Round): Promise<boolean> {
    const inputs = noSpace(round.opening.workload.srd, order.sizeBytes, this.#parts.running.pendingBytes(order.id));
    if (inputs === undefined) return true;
    round.aside += 1;
    await this.#parts.candidates.putAside(order.id, {
      verdict: 'no-space',
      inputs,
      lookBlock: round.headBlock + NO_SPACE_BLOCKS,
      lookCount: order.lookCount,
    });
    return false;
  }

  async #next(round: Round, heads: QueueHeads): Promise<Order | undefined> {
    const { candidates, settings, random } = this.#parts;
    const sources = openSources(settings.weights);
    if (round.opening.probe === 'seal') return await candidates.smallest(sources, [...round.tried]);
    const kinds = await this.#openKinds(heads);
    if (kinds.length === 0) return undefined;
    const resumed = await this.#nextResumed(round, (order) => kinds.includes(kindOf(order.sizeBytes)));
    if (resumed !== undefined) return resumed;
    for (const orderClass of drawSources(settings.weights, random)) {
      const found: Order[] = [];
      for (const kind of kinds) {
        const first = await heads.first(orderClass, kind);
        if (first !== undefined) found.push(first);
      }
      const [best] = found.sort(byRank);
      if (best !== undefined) return best;
    }
    return undefined;
  }

  async #openKinds(heads: QueueHeads): Promise<readonly Kind[]> {
    const { running, settings } = this.#parts;
    const slots = slotsOf(settings.maxPendingTasks);
    const counts = running.counts();
    const largeWaits = counts.small >= slots.small && (await this.#largeWaits(heads));
    return openKinds(slots, counts, largeWaits);
  }

  async #largeWaits(heads: QueueHeads): Promise<boolean> {
    for (const orderClass of openSources(this.#parts.settings.weights)) {
      if ((await heads.first(orderClass, 'large')) !== undefined) return true;
    }
    return false;
  }

  async #nextResumed(round: Round, hasSlot: (order: Order) => boolean): Promise<Order | undefined> {
    const waiting = this.#resume.filter((id) => !round.tried.has(id));
    if (waiting.length === 0) return undefined;
    const sources = openSources(this.#parts.settings.weights);
    const rows = new Map((await this.#parts.candidates.listByIds(waiting)).map((order) => [order.id, order]));
    const isOpen = (id: number): boolean => {
      const row = rows.get(id);
      return row?.status === 'queued' && row.lookBlock === null && sources.includes(row.orderClass);
    };
    const open = waiting.filter(isOpen);
    const next = open.map((id) => rows.get(id)).find((order) => order !== undefined && hasSlot(order));
    this.#resume = open.filter((id) => id !== next?.id);
    return next;
  }
}

/** Fresh before retried, highest reward first, then oldest: the order of the queue, across its parts. */
function byRank(a: Order, b: Order): number {
  const retried = Number(a.attempts > 0) - Number(b.attempts > 0);
  if (retried !== 0) return retried;
  const reward = comparePico(b.rewardPico, a.rewardPico);
  if (reward !== 0) return reward;
  return a.calculatedBlock - b.calculatedBlock || a.id - b.id;
}
