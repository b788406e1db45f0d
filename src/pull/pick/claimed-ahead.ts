import type { Order } from '../../domain/order.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { PullPermit, Pulls } from '../../store/pulls.ts';
import { despiteFullDisk } from '../run/despite-full-disk.ts';
import type { RunningPulls } from '../run/running-pulls.ts';
import type { PullSettings } from '../ports.ts';
import { drawSources, openSources, type Random } from '../rules/draw-source.ts';
import { openKinds, slotsOf } from '../rules/slots.ts';
import { allOf } from './all-of.ts';
import type { Round } from './chooser.ts';
import type { Claiming } from './claiming.ts';
import type { CoordinatorDesk } from './coordinator-desk.ts';
import type { ReadAhead } from './read-ahead.ts';
import { roomIn } from './round-room.ts';
import { isFresh, type ReadyOrder } from './stock.ts';

interface ClaimedAheadParts {
  readonly clock: Clock;
  readonly ahead: ReadAhead;
  readonly claiming: Claiming;
  readonly coordinatorDesk: CoordinatorDesk;
  readonly pulls: Pulls;
  readonly running: RunningPulls;
  readonly settings: PullSettings;
  readonly random: Random;
  readonly launch: (permit: PullPermit) => void;
}

interface ChosenAhead {
  readonly order: Order;
  readonly ready: ReadyOrder;
}

interface Waiting {
  readonly permit: PullPermit;
  /** Monotonic moment at which the questions about its order began. */
  readonly sinceMs: number;
}

/**
 * Small orders that are claimed a moment before a slot is free for them: while hundreds of pulls end a second, a slot would otherwise wait for a
 * commit longer than for its file. They keep space and no slot, and are given back when they cannot start soon.
 */
export class ClaimedAhead {
  readonly #parts: ClaimedAheadParts;
  #waiting: Waiting[] = [];
  #largeWaits = true;

  constructor(parts: ClaimedAheadParts) {
    this.#parts = parts;
  }

  /** Orders that are worth claiming now, beyond those that wait. */
  get missing(): number {
    const most = Math.floor(this.#parts.settings.maxPendingTasks / 2);
    return Math.min(most, this.#parts.ahead.claimsWorth()) - this.#waiting.length;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Gives the free slots to what waits, but for those that a large order is to have. */
  async launchIn(round: Round): Promise<void> {
    this.#largeWaits = false;
    for (const orderClass of openSources(this.#parts.settings.weights))
      this.#largeWaits ||= (await round.heads?.first(orderClass, 'large')) !== undefined;
    this.launch();
  }

  /** The same at once, by what the round was last seen to hold. */
  launch(): void {
    const { settings, running, clock, launch } = this.#parts;
    const slots = slotsOf(settings.maxPendingTasks);
    while (openKinds(slots, running.counts(), this.#largeWaits).includes('small')) {
      const at = this.#waiting.findIndex(({ sinceMs }) => isFresh(sinceMs, clock.monotonicMs()));
      const [next] = at === -1 ? [] : this.#waiting.splice(at, 1);
      if (next === undefined) return;
      launch(next.permit);
    }
  }

  /** The small orders to be claimed now: those that would be drawn next, as far as they were asked about. */
  async next(round: Round): Promise<readonly ChosenAhead[]> {
    const most = Math.min(this.missing, roomIn(round));
    if (most <= 0 || round.opening.probe !== 'none') return [];
    const orders = await this.#drawn(round, most);
    for (const { id } of orders) round.tried.add(id);
    const known = await this.#parts.ahead.take(orders);
    return orders.flatMap((order) => {
      const ready = known.get(order.id);
      return ready === undefined ? [] : [{ order, ready }];
    });
  }

  /** Rejects as `Claiming.claim` does; what was claimed besides waits all the same. */
  async claim(chosen: readonly ChosenAhead[], round: Round, signal: AbortSignal): Promise<void> {
    await allOf(chosen.map(async (one) => await this.#claimOne(one, round, signal)));
  }

  /** Undoes the claims of what waits for too long, or of all that waits. What cannot be undone waits on, and the next start finds it. Returns whether any was. */
  async giveBack(which: 'stale' | 'all'): Promise<boolean> {
    const nowMs = this.#parts.clock.monotonicMs();
    const stays = (one: Waiting): boolean => which === 'stale' && isFresh(one.sinceMs, nowMs);
    const leaving = this.#waiting.filter((one) => !stays(one));
    if (leaving.length === 0) return false;
    this.#waiting = this.#waiting.filter(stays);
    const { pulls, running, clock, coordinatorDesk } = this.#parts;
    let isDone = false;
    await despiteFullDisk(async () => {
      await pulls.giveBack(
        leaving.map(({ permit }) => permit),
        clock.nowMs(),
      );
      isDone = true;
    });
    if (!isDone) this.#waiting.push(...leaving);
    else for (const { permit } of leaving) running.release(permit.claim.orderId);
    coordinatorDesk.pullEnded();
    return isDone;
  }

  async #claimOne({ order, ready }: ChosenAhead, round: Round, signal: AbortSignal): Promise<void> {
    const { claiming, running } = this.#parts;
    let permit: PullPermit | undefined;
    try {
      permit = await claiming.claim(order, ready, { round, isAhead: true, signal });
    } finally {
      if (permit === undefined) running.release(order.id);
    }
    if (permit === undefined) return;
    round.started += 1;
    this.#waiting.push({ permit, sinceMs: ready.sinceMs });
  }

  async #drawn(round: Round, most: number): Promise<readonly Order[]> {
    const { ahead, settings, random } = this.#parts;
    const queues = new Map<string, Order[]>();
    for (const orderClass of openSources(settings.weights)) {
      const orders = (await round.heads?.next(orderClass, 'small', most)) ?? [];
      queues.set(
        orderClass,
        orders.filter(({ id }) => ahead.knows(id)),
      );
    }
    const drawn = (): Order | undefined => {
      const source = drawSources(settings.weights, random).find((each) => (queues.get(each)?.length ?? 0) > 0);
      return source === undefined ? undefined : queues.get(source)?.shift();
    };
    return Array.from({ length: most }, drawn).flatMap((order) => order ?? []);
  }
}
