import type { z } from 'zod';
import { hasCode, SmError } from '../../../domain/errors.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Logger } from '../../../runtime/log.ts';
import type { Ask, BlockRef } from '../ask.ts';
import { checked, hashSchema, headerSchema } from './answers.ts';
import type { GenesisRule } from './genesis-rule.ts';
import type { ChainLimits } from './limits.ts';
import { RequestGate } from './request-gate.ts';
import { aboutState } from './rpc-errors.ts';
import { underChildSignal, unlessAborted } from './signals.ts';
import { unreachable } from './transport.ts';
import type { ChainEndPoint, ChainTransport, Subscription, SubscriptionHandlers } from './transport.ts';

export type EndPointStatus = 'untried' | 'usable' | 'away' | 'wrong-genesis';

export interface ConnectionParts {
  readonly endPoint: ChainEndPoint;
  readonly genesis: GenesisRule;
  readonly limits: ChainLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One end point: its genesis is checked on every new connection, its answers are bounded in time, its errors have our codes. */
export class ChainConnection {
  readonly name: string;
  readonly #transport: ChainTransport;
  readonly #genesis: GenesisRule;
  readonly #limits: ChainLimits;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #gate: RequestGate;
  readonly #life = new AbortController();
  #status: EndPointStatus = 'untried';
  #lastError: SmError | undefined;
  #checkedEpoch: number | undefined;
  #checking: Promise<void> | undefined;
  #retryAtMs = 0;
  #lastAnswerAtMs = 0;
  #finalizedNumber = -1;
  /** What the newest look at its synchronisation said; null before the first. */
  syncing: boolean | null = null;

  constructor({ endPoint, genesis, limits, clock, logger }: ConnectionParts) {
    this.name = endPoint.name;
    this.#transport = endPoint.transport;
    this.#genesis = genesis;
    this.#limits = limits;
    this.#clock = clock;
    this.#logger = logger;
    this.#gate = new RequestGate(limits.maxRequestsInFlight);
  }

  get status(): EndPointStatus {
    return this.#status;
  }

  get lastError(): SmError | undefined {
    return this.#lastError;
  }

  /** The checked `result` of one question. */
  async request<T>(schema: z.ZodType<T>, method: string, params: readonly unknown[], ask: Ask): Promise<T> {
    return checked(schema, this.name, method, await this.requestRaw(method, params, ask));
  }

  /** For answers that are checked by hand because they are large. */
  async requestRaw(method: string, params: readonly unknown[], ask: Ask): Promise<unknown> {
    for (;;) {
      await this.#checkGenesis(ask.signal);
      const epoch = this.#transport.epoch;
      const answer = await this.#gate.run(ask.priority ?? 'urgent', ask.signal, async () =>
        this.#bounded(method, params, ask.signal),
      );
      // Otherwise the connection was opened anew in between, perhaps to another node.
      if (epoch !== this.#transport.epoch || epoch !== this.#checkedEpoch) continue;
      this.#becomes('usable', undefined);
      return answer;
    }
  }

  /** The same for a question about a block's state or body: says whether it is gone or not yet there. */
  async requestAt<T>(
    schema: z.ZodType<T>,
    method: string,
    params: readonly unknown[],
    at: BlockRef,
    ask: Ask,
  ): Promise<T> {
    return checked(schema, this.name, method, await this.requestRawAt(method, params, at, ask));
  }

  async requestRawAt(method: string, params: readonly unknown[], at: BlockRef, ask: Ask): Promise<unknown> {
    try {
      return await this.requestRaw(method, params, ask);
    } catch (error) {
      const meant = aboutState(error, at, this.#finalizedNumber);
      if (!hasCode(meant, 'CHAIN_SYNCING')) throw meant;
      // What is known of its finality may be old.
      await this.finalizedHead(ask);
      throw aboutState(error, at, this.#finalizedNumber);
    }
  }

  async finalizedHead(ask: Ask): Promise<BlockRef> {
    const hash = await this.request(hashSchema, 'chain_getFinalizedHead', [], ask);
    const { number } = await this.request(headerSchema, 'chain_getHeader', [hash], ask);
    this.sawFinalized(number);
    return { number, hash };
  }

  sawFinalized(number: number): void {
    this.#finalizedNumber = Math.max(this.#finalizedNumber, number);
  }

  /** Highest block known to be final here. */
  get finalizedNumber(): number {
    return this.#finalizedNumber;
  }

  /** Above its finalized block a node answers with whatever its best fork says: refused with `CHAIN_SYNCING`. */
  async mustHaveFinalized(number: number, ask: Ask): Promise<void> {
    if (number <= this.#finalizedNumber) return;
    const head = await this.finalizedHead(ask);
    if (number <= head.number) return;
    const data = { endPoint: this.name, block: number, finalizedBlock: head.number };
    throw new SmError('CHAIN_SYNCING', 'The chain node has not finalized this block yet', data);
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

  /** Whether it is not worth asking for a moment. */
  get resting(): boolean {
    return this.#clock.monotonicMs() < this.#retryAtMs;
  }

  async close(): Promise<void> {
    this.#life.abort(unreachable(this.name, 'closed'));
    await this.#transport.close();
  }

  async #checkGenesis(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.resting && this.#lastError !== undefined) throw this.#lastError;
    if (this.#checkedEpoch === this.#transport.epoch) return;
    this.#checking ??= this.#readGenesis().finally(() => (this.#checking = undefined));
    await unlessAborted(this.#checking, signal);
  }

  /** Under the connection's own signal, because several questions wait for it. */
  async #readGenesis(): Promise<void> {
    const method = 'chain_getBlockHash';
    const answer = await this.#bounded(method, [0], this.#life.signal);
    const found = checked(hashSchema, this.name, method, answer);
    if (this.#genesis.accepts(found)) {
      this.#checkedEpoch = this.#transport.epoch;
      this.#finalizedNumber = -1;
      this.#becomes('usable', undefined);
      return;
    }
    const data = { endPoint: this.name, expected: this.#genesis.expected, found };
    const error = new SmError('CHAIN_WRONG_GENESIS', 'The chain end point belongs to another chain', data);
    this.#retryAtMs = this.#clock.monotonicMs() + this.#limits.wrongGenesisRetryMs;
    this.#becomes('wrong-genesis', error);
    this.#transport.reset();
    throw error;
  }

  async #bounded(method: string, params: readonly unknown[], parent: AbortSignal): Promise<unknown> {
    return this.#timed(parent, async (signal) => this.#transport.send(method, params, signal));
  }

  async #timed<T>(parent: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const startedAtMs = this.#clock.monotonicMs();
    try {
      return await underChildSignal(parent, async (control) => {
        void this.#expire(control, startedAtMs);
        const answer = await unlessAborted(work(control.signal), control.signal);
        this.#lastAnswerAtMs = this.#clock.monotonicMs();
        return answer;
      });
    } catch (error) {
      if (hasCode(error, 'CHAIN_UNREACHABLE')) this.#noteLoss(error);
      throw error;
    }
  }

  async #expire(control: AbortController, startedAtMs: number): Promise<void> {
    try {
      await this.#clock.sleep(this.#limits.requestTimeoutMs, control.signal);
    } catch (error) {
      if (control.signal.aborted) return;
      throw error;
    }
    control.abort(unreachable(this.name, 'timeout'));
    // Nothing at all came meanwhile: a connection that died without saying so.
    if (this.#lastAnswerAtMs <= startedAtMs) this.#transport.reset();
  }

  #noteLoss(error: SmError): void {
    const reason = error.data['reason'];
    // Do not knock again at once.
    if (reason === 'refused') this.#retryAtMs = this.#clock.monotonicMs() + this.#limits.retryMs;
    // A connection that broke under too large an answer is opened again by the smaller question that follows.
    if (reason !== 'closed' && reason !== 'too-large') this.#becomes('away', error);
  }

  #becomes(status: EndPointStatus, error: SmError | undefined): void {
    const before = this.#status;
    this.#status = status;
    this.#lastError = error;
    if (status !== 'usable') this.syncing = null;
    if (status === before) return;
    if (status === 'usable') this.#logger.info('Chain end point answers', { endPoint: this.name });
    else if (status === 'wrong-genesis') this.#logger.error('Chain end point left out', error?.data, error);
    else this.#logger.warn('Chain end point is away', error?.data);
  }
}
