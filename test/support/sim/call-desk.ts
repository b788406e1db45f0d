import { MINUTE_MS } from '../../../src/domain/units.ts';
import type { Life } from './life.ts';
import type { SimClock } from './sim-clock.ts';

export type Part = 'chain' | 'sworker' | 'ipfs' | 'coordinator' | 'telemetry';

/**
 * `error`: the other side says that it failed. `dropped`: the connection ends before anything happened. `answer-dropped`: it was done, and then the
 * connection ends. `half`: it was done and half of the answer comes. `garbage`: an answer of another shape. `delayed`: done and answered late.
 */
export const faultKinds = ['error', 'dropped', 'answer-dropped', 'half', 'garbage', 'delayed'] as const;

/**
 * `repeated`: done twice, the second answer comes. `wrong`: nothing is done, and the answer is one that could be true. `late`: done after minutes, also
 * when whoever asked has given up or died by then.
 */
export const stormFaultKinds = [...faultKinds, 'repeated', 'wrong', 'late'] as const;
export type FaultKind = (typeof stormFaultKinds)[number];

/** One question of the bot. */
export interface OutsideCall {
  readonly part: Part;
  /** Without what differs from order to order. */
  readonly name: string;
  readonly target?: string;
}

export type FaultChooser = (call: OutsideCall, nowMs: number) => FaultKind | undefined;

/** What a question gets for its fault: `delayed` is the desk's own affair. */
export type SpoiltBy = Exclude<FaultKind, 'delayed'> | undefined;

/** Takes back what was chosen for the so-manieth question of a message: its answer is what it would have been without. */
export type Missed = (index: number) => void;

interface Item {
  readonly life: Life;
  readonly isOver: () => boolean;
  /** Undefined for what the other side sends by itself. */
  readonly calls: readonly OutsideCall[] | undefined;
  readonly run: (faults: readonly SpoiltBy[], missed: Missed) => void;
}

/** Of delayed answers; some of the bot's questions are given up before. */
const delayMs = 20_000;
const usualLateMs = 10 * MINUTE_MS;

/** What changes something on the other side, which has read the question and does not look whether anybody waits; a pull ends with its connection. */
const outlivesItsAsker =
  /^(?:sworker POST|coordinator (?:POST|DELETE)|telemetry|ipfs (?:pin\/rm|pin\/update|repo\/gc))/u;

/** Where the questions of the bot wait: the world answers one at a time, and only when the bot is at rest. */
export class CallDesk {
  readonly #clock: SimClock;
  #items: Item[] = [];
  /** How often each call was asked, by `part name`. */
  readonly counts = new Map<string, number>();
  /** How often a fault befell a call and changed what came of it, by `part name fault`. */
  readonly faultCounts = new Map<string, number>();
  /** Replaced at will; undefined spoils nothing. */
  chooseFault: FaultChooser | undefined;
  /** Which of so many waiting questions is answered next; the one that has waited longest without it. */
  chooseNext: ((waiting: number) => number) | undefined;
  /** Called when the bot sends a question, before anything else happens. */
  onSent: ((call: OutsideCall) => void) | undefined;
  /** Called when a question is carried out late, right before. */
  onLate: ((call: OutsideCall) => void) | undefined;
  /** How much later what is late is carried out. */
  lateMs: () => number = () => usualLateMs;
  /** Questions that are still to be carried out late. */
  readonly late = new Set<OutsideCall>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#items.length;
  }

  /**
   * Settles as `answer` does when the question's turn has come. Rejects with the signal's reason when that is aborted first; never settles in a
   * dead life.
   */
  async ask<T>(
    call: OutsideCall,
    life: Life,
    signal: AbortSignal,
    answer: (fault: SpoiltBy, missed: () => void) => T | Promise<T>,
  ): Promise<T> {
    return await this.askTogether([call], life, signal, ([fault], missed) => answer(fault, () => missed(0)));
  }

  /** Questions of one message, whose answers come in one message too: each is spoilt for itself, and one that is late makes all of them late. */
  async askTogether<T>(
    calls: readonly OutsideCall[],
    life: Life,
    signal: AbortSignal,
    answer: (faults: readonly SpoiltBy[], missed: Missed) => T | Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    for (const call of calls) this.onSent?.(call);
    return await new Promise<T>((resolve, reject) => {
      let isOver = false;
      const settle = (how: () => void): void => {
        if (isOver || life.isDead) return;
        isOver = true;
        signal.removeEventListener('abort', onAbort);
        how();
      };
      const onAbort = (): void => settle(() => reject(signal.reason));
      signal.addEventListener('abort', onAbort, { once: true });
      const run: Item['run'] = (faults, missed) => {
        void (async () => {
          try {
            const value = await answer(faults, missed);
            settle(() => resolve(value));
          } catch (error) {
            settle(() => reject(error));
          }
        })();
      };
      this.#items.push({ life, isOver: () => isOver, calls, run });
    });
  }

  /** Something the other side sends by itself, in its turn. */
  deliver(life: Life, send: () => void): void {
    this.#items.push({ life, isOver: () => false, calls: undefined, run: send });
  }

  /** Answers one question; false when none waits. */
  answerNext(): boolean {
    this.#items = this.#items.filter((item) => !item.life.isDead && !item.isOver());
    const item = this.#take();
    if (item !== undefined) {
      if (item.calls === undefined) item.run([], () => undefined);
      else this.#answer(item, item.calls);
      return true;
    }
    return false;
  }

  #take(): Item | undefined {
    if (this.#items.length < 2 || this.chooseNext === undefined) return this.#items.shift();
    const chosen = this.chooseNext(this.#items.length);
    // What the other side sends by itself comes in the order in which it was sent.
    const isSent = this.#items[chosen]?.calls === undefined;
    const [item] = this.#items.splice(isSent ? this.#items.findIndex(({ calls }) => calls === undefined) : chosen, 1);
    return item;
  }

  #answer(item: Item, calls: readonly OutsideCall[]): void {
    const faults = calls.map((call) => this.#chosenFault(call));
    const isLate = faults.includes('late');
    // The effect comes before or after the step: both are moments at which a process can die. What is late was read before.
    if (!item.life.step() && !isLate) return;
    const missed = (index: number): void => {
      const [call, fault] = [calls[index], spoiltBy[index]];
      if (call !== undefined && fault !== undefined) count(this.faultCounts, `${call.part} ${call.name} ${fault}`, -1);
    };
    const spoiltBy = faults.map((fault) => (fault === 'delayed' ? undefined : fault));
    const run = (): void => item.run(spoiltBy, missed);
    const isAwaited = (): boolean => !item.isOver() && !item.life.isDead;
    if (isLate) this.#runLate(calls, run, isAwaited);
    else if (faults.includes('delayed')) this.#clock.after(delayMs, () => isAwaited() && run());
    else run();
  }

  #runLate(calls: readonly OutsideCall[], run: () => void, isAwaited: () => boolean): void {
    for (const call of calls) this.late.add(call);
    this.#clock.after(this.lateMs(), () => {
      for (const call of calls) this.late.delete(call);
      if (!isAwaited() && !calls.some(({ part, name }) => outlivesItsAsker.test(`${part} ${name}`))) return;
      for (const call of calls) this.onLate?.(call);
      run();
    });
  }

  #chosenFault(call: OutsideCall): FaultKind | undefined {
    const name = `${call.part} ${call.name}`;
    count(this.counts, name);
    const fault = this.chooseFault?.(call, this.#clock.nowMs());
    if (fault !== undefined) count(this.faultCounts, `${name} ${fault}`);
    return fault;
  }
}

function count(counts: Map<string, number>, name: string, by = 1): void {
  const times = (counts.get(name) ?? 0) + by;
  if (times === 0) counts.delete(name);
  else counts.set(name, times);
}
