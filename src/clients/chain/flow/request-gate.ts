import type { Clock } from '../../../runtime/clock.ts';
import type { Priority } from '../ask.ts';
import { Pace } from './pace.ts';

/** Values of orders that bulk questions ask for together at a node: one page, so that an urgent answer never waits behind more. */
const MAX_BULK_VALUES = 1000;
/** At a node nearby half as many keep the line full: the next answer is there before the last one is decoded. */
const MAX_NEAR_VALUES = 500;
/** A node that answered something within this is nearby. */
const NEAR_MS = 5;
/** So many more may be on the wire to and from a distant node. */
const MAX_WIRE_VALUES = 2000;
/** A node that never answered anything within this is distant. */
const FAR_MS = 50;
/** Without an answer for this long a question counts as answered slowly. */
const UNANSWERED_MS = 10_000;

/** Tells of a large answer when it arrives: its kind, and its size in a unit that its time grows with. */
export type Answered = (kind: string, size: number) => void;

/** How a question goes through the gate. */
export interface Passage {
  readonly priority: Priority;
  /** How many values of orders it asks for. */
  readonly values: number;
  /** With nothing else in flight, so that what becomes of the connection is known to be its doing. */
  readonly isAlone?: boolean;
}

interface Lane {
  readonly pace: Pace;
  readonly waiting: Set<Waiting>;
  running: number;
  values: number;
}

interface Waiting {
  readonly values: number;
  readonly start: () => void;
}

/**
 * Bounds the questions in flight to one node; each of the two lanes has a `Pace` of its own. Waiting urgent questions go before bulk ones, and bulk ones
 * always leave a place for them when there is more than one; among equals the first come is first, unless it asks for more values than still fit. Those
 * that have to be alone go before all others.
 */
export class RequestGate {
  readonly #limit: number;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #lanes: Readonly<Record<Priority, Lane>>;
  readonly #waitingAlone = new Set<Waiting>();
  #isTakenAlone = false;
  /** Of all answers of this connection. */
  #quickestMs = Number.POSITIVE_INFINITY;
  /** At least so many values a millisecond the node answers, by its last large answer. */
  #valuesPerMs = 0;
  /** At most so many values an urgent question sent at that moment finds before it when it arrives at the node. */
  #ahead = { values: 0, atMs: 0 };

  constructor(limit: number, clock: Pick<Clock, 'monotonicMs'>) {
    this.#limit = limit;
    this.#clock = clock;
    const lane = (max: number, start: number): Lane => {
      return { pace: new Pace(max, start, clock), waiting: new Set(), running: 0, values: 0 };
    };
    this.#lanes = { urgent: lane(limit, limit), bulk: lane(Math.max(1, limit - 1), 1) };
  }

  /** So many values a bulk question should ask for: one is then made by the node while another is decoded here, or, far away, while others travel. */
  get valuesAtOnce(): number {
    return this.isFar ? MAX_BULK_VALUES : this.#maxBulkValues() / 2;
  }

  /** Whether the round trip is what an answer waits for. */
  get isFar(): boolean {
    return Number.isFinite(this.#quickestMs) && this.#quickestMs >= FAR_MS;
  }

  async run<T>(
    { priority, values, isAlone = false }: Passage,
    signal: AbortSignal,
    work: (answered: Answered) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const lane = this.#lanes[priority];
    const waiting = isAlone ? this.#waitingAlone : lane.waiting;
    if (isAlone ? this.#isIdle() : this.#fits(lane, values)) this.#enter(lane, values, isAlone);
    else await this.#turn(waiting, signal, values, () => this.#enter(lane, values, isAlone));
    const inFlight = lane.running;
    const sentMs = this.#clock.monotonicMs();
    try {
      const answer = await work((kind, size) => {
        // A walk slows an urgent answer down without the node being slow.
        if (priority === 'bulk' || this.#lanes.bulk.running === 0) {
          lane.pace.note(kind, size, this.#clock.monotonicMs() - sentMs, inFlight);
        }
      });
      this.#answered(priority, values, this.#clock.monotonicMs() - sentMs);
      return answer;
    } catch (error) {
      if (this.#clock.monotonicMs() - sentMs >= UNANSWERED_MS) lane.pace.noteSlow();
      throw error;
    } finally {
      lane.running -= 1;
      lane.values -= values;
      if (isAlone) this.#isTakenAlone = false;
      this.#startNext();
    }
  }

  /** A new connection may lead to another node. */
  forgetPace(): void {
    this.#quickestMs = Number.POSITIVE_INFINITY;
    this.#valuesPerMs = 0;
    for (const { pace } of Object.values(this.#lanes)) pace.forget();
  }

  #isIdle(): boolean {
    return this.#lanes.urgent.running + this.#lanes.bulk.running === 0;
  }

  #fits(lane: Lane, values: number): boolean {
    if (this.#isTakenAlone || this.#waitingAlone.size > 0) return false;
    const { urgent, bulk } = this.#lanes;
    if (urgent.running + bulk.running >= this.#limit || lane.running >= lane.pace.level) return false;
    if (lane === urgent || lane.values === 0 || lane.values + values <= this.#maxBulkValues()) return true;
    return (
      this.isFar &&
      this.#aheadNow() + values <= MAX_BULK_VALUES &&
      lane.values + values <= MAX_BULK_VALUES + MAX_WIRE_VALUES
    );
  }

  #maxBulkValues(): number {
    return this.#quickestMs <= NEAR_MS ? MAX_NEAR_VALUES : MAX_BULK_VALUES;
  }

  #enter(lane: Lane, values: number, isAlone: boolean): void {
    this.#isTakenAlone = isAlone;
    lane.running += 1;
    lane.values += values;
    if (lane === this.#lanes.bulk) this.#ahead = { values: this.#aheadNow() + values, atMs: this.#clock.monotonicMs() };
  }

  #answered(priority: Priority, values: number, tookMs: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, tookMs);
    if (priority !== 'bulk' || values === 0) return;
    this.#valuesPerMs = values / Math.max(1, tookMs - this.#quickestMs);
  }

  #aheadNow(): number {
    const { values, atMs } = this.#ahead;
    return Math.max(0, values - (this.#clock.monotonicMs() - atMs) * this.#valuesPerMs);
  }

  async #turn(queue: Set<Waiting>, signal: AbortSignal, values: number, enter: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        queue.delete(waiting);
        reject(signal.reason);
        // Nobody went while it waited to be alone.
        this.#startNext();
      };
      const waiting: Waiting = {
        values,
        start: () => {
          signal.removeEventListener('abort', onAbort);
          queue.delete(waiting);
          enter();
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.add(waiting);
    });
  }

  /** Whoever fits has always been started at once, so a newcomer that fits overtakes nobody who could go. */
  #startNext(): void {
    const [alone] = this.#waitingAlone;
    if (alone !== undefined && this.#isIdle()) alone.start();
    for (const lane of [this.#lanes.urgent, this.#lanes.bulk]) {
      for (const waiting of lane.waiting) if (this.#fits(lane, waiting.values)) waiting.start();
    }
  }
}
