import type { Ask } from '../ask.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { RpcOutcome } from '../connection/transport.ts';
import type { CallAt } from '../flow/batches.ts';

/** Pages of one message: a thousand keys are 176 kB. */
const MAX_PAGES = 8;

interface Wanted {
  readonly call: CallAt;
  readonly ask: Ask;
  readonly resolve: (outcome: RpcOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Pages of keys of one distant node: while one message is under way, those that are wanted meanwhile wait and go together in the next. Each would
 * otherwise hold a place in the line for a whole round trip that values could use.
 */
export class KeysTogether {
  readonly #connection: ChainConnection;
  readonly #waiting: Wanted[] = [];
  #isBusy = false;

  constructor(connection: ChainConnection) {
    this.#connection = connection;
  }

  /** The page's unchecked result, or the error that the question alone would have failed with. */
  async ask(call: CallAt, ask: Ask): Promise<RpcOutcome> {
    return new Promise<RpcOutcome>((resolve, reject) => {
      this.#waiting.push({ call, ask, resolve, reject });
      if (!this.#isBusy) void this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    this.#isBusy = true;
    for (let group = this.#nextGroup(); group.length > 0; group = this.#nextGroup()) await this.#send(group);
    this.#isBusy = false;
  }

  async #send(group: readonly Wanted[]): Promise<void> {
    const ask = group[0]?.ask;
    if (ask === undefined) return;
    try {
      const outcomes = await this.#connection.requestBatchAt(
        group.map(({ call }) => call),
        ask,
      );
      group.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined) reject(new RangeError('an outcome is missing'));
        else resolve(outcome);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** The first that waits and all that can be asked, given up and overtaken with it. */
  #nextGroup(): Wanted[] {
    const first = this.#waiting[0]?.ask;
    const group = this.#waiting
      .filter(({ ask }) => ask.signal === first?.signal && ask.priority === first.priority)
      .slice(0, MAX_PAGES);
    for (const wanted of group) this.#waiting.splice(this.#waiting.indexOf(wanted), 1);
    return group;
  }
}
