import { hasCode, SmError } from '../../../domain/errors.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Logger } from '../../../runtime/log.ts';
import type { Ask } from '../ask.ts';
import { RequestGate } from '../flow/request-gate.ts';
import type { Answered, Passage } from '../flow/request-gate.ts';
import { checked, hashSchema } from './answers.ts';
import type { GenesisRule } from './genesis-rule.ts';
import type { ChainLimits } from './limits.ts';
import { isBeyondOurBound } from './rpc-errors.ts';
import { unlessAborted } from './signals.ts';
import { Standing } from './standing.ts';
import { TimeLimit } from './time-limit.ts';
import { unreachable } from './transport.ts';
import type { ChainEndPoint, ChainTransport, Subscription, SubscriptionHandlers } from './transport.ts';

export interface ConnectionParts {
  readonly endPoint: ChainEndPoint;
  readonly genesis: GenesisRule;
  readonly limits: ChainLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sends one question: under a signal, saying when a large answer came. */
export type Sending<T> = (transport: ChainTransport, signal: AbortSignal, answered: Answered) => Promise<T>;

/** The way to one node: its genesis is checked on every new connection, its questions wait their turn, its answers are bounded in time. */
export class CheckedLine {
  readonly standing: Standing;
  readonly #name: string;
  readonly #transport: ChainTransport;
  readonly #genesis: GenesisRule;
  readonly #timeLimit: TimeLimit;
  readonly #gate: RequestGate;
  readonly #onChecked: () => void;
  readonly #life = new AbortController();
  #checkedEpoch: number | undefined;
  #checking: Promise<void> | undefined;

  /** @param onChecked called when a new connection turned out to lead to our chain */
  constructor({ endPoint, genesis, limits, clock, logger }: ConnectionParts, onChecked: () => void) {
    this.#name = endPoint.name;
    this.#transport = endPoint.transport;
    this.#genesis = genesis;
    this.#onChecked = onChecked;
    this.standing = new Standing({ endPoint: endPoint.name, limits, clock, logger });
    this.#gate = new RequestGate(limits.maxRequestsInFlight, clock);
    this.#timeLimit = new TimeLimit({
      endPoint: endPoint.name,
      timeoutMs: limits.requestTimeoutMs,
      clock,
      onSilence: () => this.#transport.reset(),
    });
  }

  /** Rises with every new connection. */
  get epoch(): number {
    return this.#transport.epoch;
  }

  /** So many values of orders a bulk question should ask for. */
  get valuesAtOnce(): number {
    return this.#gate.valuesAtOnce;
  }

  get isFar(): boolean {
    return this.#gate.isFar;
  }

  /**
   * An answer beyond our bound ends the connection for all who asked, before it can be seen whose it is. They are asked again one by one; who is
   * refused so even alone is told.
   * @param values how many values of orders the question asks for
   */
  async ask<T>(ask: Ask, values: number, send: Sending<T>): Promise<T> {
    try {
      return await this.#ask(ask, { values, isAlone: false }, send);
    } catch (error) {
      if (!isBeyondOurBound(error)) throw error;
      return await this.#ask(ask, { values, isAlone: true }, send);
    }
  }

  async #ask<T>(ask: Ask, how: Omit<Passage, 'priority'>, send: Sending<T>): Promise<T> {
    const passage = { ...how, priority: ask.priority ?? 'urgent' };
    for (;;) {
      if (!passage.isAlone) await this.#checkGenesis(ask.signal);
      let epoch = this.#transport.epoch;
      const answer = await this.#gate.run(passage, ask.signal, async (answered) => {
        // Also while its connection is checked, which the answer to another would end.
        if (passage.isAlone) await this.#checkGenesis(ask.signal);
        epoch = this.#transport.epoch;
        return this.#timed(ask.signal, async (signal) => send(this.#transport, signal, answered));
      });
      // Otherwise the connection was opened anew in between, perhaps to another node.
      if (epoch !== this.#transport.epoch || epoch !== this.#checkedEpoch) continue;
      this.standing.answered();
      return answer;
    }
  }

  async subscribe(subscription: Subscription, handlers: SubscriptionHandlers, ask: Ask): Promise<() => void> {
    for (;;) {
      await this.#checkGenesis(ask.signal);
      const epoch = this.#transport.epoch;
      const end = await this.#timed(ask.signal, async (signal) =>
        this.#transport.subscribe(subscription, handlers, signal),
      );
      if (epoch === this.#transport.epoch && epoch === this.#checkedEpoch) return end;
      end();
    }
  }

  async close(): Promise<void> {
    this.#life.abort(unreachable(this.#name, 'closed'));
    await this.#transport.close();
  }

  async #checkGenesis(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { resting, lastError } = this.standing;
    if (resting && lastError !== undefined) throw lastError;
    if (this.#checkedEpoch === this.#transport.epoch) return;
    this.#checking ??= this.#readGenesis().finally(() => (this.#checking = undefined));
    await unlessAborted(this.#checking, signal);
  }

  /** Under the connection's own signal, because several questions wait for it. */
  async #readGenesis(): Promise<void> {
    const method = 'chain_getBlockHash';
    const answer = await this.#timed(this.#life.signal, async (signal) => this.#transport.send(method, [0], signal));
    const found = checked(hashSchema, this.#name, method, answer);
    if (this.#genesis.accepts(found)) {
      this.#checkedEpoch = this.#transport.epoch;
      this.#onChecked();
      this.#gate.forgetPace();
      this.standing.answered();
      return;
    }
    const data = { endPoint: this.#name, expected: this.#genesis.expected, found };
    const error = new SmError('CHAIN_WRONG_GENESIS', 'The chain end point belongs to another chain', data);
    this.standing.isOfAnotherChain(error);
    this.#transport.reset();
    throw error;
  }

  async #timed<T>(parent: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.#timeLimit.run(parent, work);
    } catch (error) {
      if (hasCode(error, 'CHAIN_UNREACHABLE')) this.standing.lost(error);
      throw error;
    }
  }
}
