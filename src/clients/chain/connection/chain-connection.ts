import type { z } from 'zod';
import { hasCode, SmError } from '../../../domain/errors.ts';
import { KIB } from '../../../domain/units.ts';
import type { Ask, BlockRef } from '../ask.ts';
import { Batches } from '../flow/batches.ts';
import type { CallAt } from '../flow/batches.ts';
import type { RawResult } from '../messages/raw-message.ts';
import { checked, hashSchema, headerSchema } from './answers.ts';
import { CheckedLine } from './checked-line.ts';
import type { ConnectionParts } from './checked-line.ts';
import { aboutState } from './rpc-errors.ts';
import type { Standing } from './standing.ts';
import type { RpcCall, RpcOutcome, Subscription, SubscriptionHandlers } from './transport.ts';

/** Smaller answers say little about the pace of a node. */
const JUDGED_BYTES = 64 * KIB;
const JUDGED_CALLS = 8;

/** A question about a block whose answer may be megabytes. */
export interface LargeQuestion extends CallAt {
  /** How many values of orders it asks for. */
  readonly values?: number;
}

/** One end point: what it answers, its errors with our codes. */
export class ChainConnection {
  readonly name: string;
  readonly #line: CheckedLine;
  readonly #batches: Batches;
  #finalizedNumber = -1;

  constructor(parts: ConnectionParts) {
    this.name = parts.endPoint.name;
    this.#line = new CheckedLine(parts, () => (this.#finalizedNumber = -1));
    this.#batches = new Batches(this, parts.limits.callsPerBatch);
  }

  get standing(): Standing {
    return this.#line.standing;
  }

  /** So many values of orders a bulk question should ask for. */
  get valuesAtOnce(): number {
    return this.#line.valuesAtOnce;
  }

  /** Whether the round trip to it is what its answers wait for. */
  get isFar(): boolean {
    return this.#line.isFar;
  }

  /** The checked `result` of one question. */
  async request<T>(schema: z.ZodType<T>, method: string, params: readonly unknown[], ask: Ask): Promise<T> {
    return checked(schema, this.name, method, await this.requestRaw(method, params, ask));
  }

  /** For answers that are checked by hand because they are large. */
  async requestRaw(method: string, params: readonly unknown[], ask: Ask): Promise<unknown> {
    return this.#line.ask(ask, 0, async (transport, signal) => transport.send(method, params, signal));
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
    return this.#aboutState(at, ask, async () => this.requestRaw(method, params, ask));
  }

  /** What `read` makes of the result of a question about a block: for large answers, which are checked by their reader (see `ChainTransport.sendRaw`). */
  async requestLargeAt<T>(question: LargeQuestion, ask: Ask, read: (result: RawResult) => T): Promise<T> {
    const { method, params, at, values = 0 } = question;
    const outcome = await this.#aboutState(at, ask, async () =>
      this.#line.ask(ask, values, async (transport, signal, answered) =>
        transport.sendRaw(method, params, signal, (result) => {
          if (result.bytes.length >= JUDGED_BYTES) answered(method, result.bytes.length);
          return attempt(() => read(result));
        }),
      ),
    );
    return outcome();
  }

  /**
   * Many questions about blocks in few messages, each message one question in flight. One outcome a call, in their order: its unchecked result, or the
   * error that the call alone would have failed with. Rejects when there was no answer at all.
   */
  async requestBatchAt(calls: readonly CallAt[], ask: Ask): Promise<readonly RpcOutcome[]> {
    const outcomes = await this.#batches.ask(calls, ask);
    const meant = this.#meant(calls, outcomes);
    if (!meant.some((outcome) => 'error' in outcome && outcome.error.code === 'CHAIN_SYNCING')) return meant;
    // What is known of its finality may be old.
    await this.finalizedHead(ask);
    return this.#meant(calls, outcomes);
  }

  /** One batch message, whose calls are not taken apart. */
  async requestBatch(calls: readonly RpcCall[], ask: Ask): Promise<readonly RpcOutcome[]> {
    return this.#line.ask(ask, 0, async (transport, signal, answered) => {
      const outcomes = await transport.sendBatch(calls, signal);
      if (calls.length >= JUDGED_CALLS) answered('batch', calls.length);
      return outcomes;
    });
  }

  /** Rises with every new connection. */
  get epoch(): number {
    return this.#line.epoch;
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
    return this.#line.subscribe(subscription, handlers, ask);
  }

  async close(): Promise<void> {
    await this.#line.close();
  }

  async #aboutState<T>(at: BlockRef, ask: Ask, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      const meant = aboutState(error, at, this.#finalizedNumber);
      if (!hasCode(meant, 'CHAIN_SYNCING')) throw meant;
      // What is known of its finality may be old.
      await this.finalizedHead(ask);
      throw aboutState(error, at, this.#finalizedNumber);
    }
  }

  #meant(calls: readonly CallAt[], outcomes: readonly RpcOutcome[]): readonly RpcOutcome[] {
    return outcomes.map((outcome, index) => {
      const call = calls[index];
      if (call === undefined || !('error' in outcome)) return outcome;
      return { error: aboutState(outcome.error, call.at, this.#finalizedNumber) };
    });
  }
}

/** What an answer says is told only when it is known to come from our chain: an error is kept until then. */
function attempt<T>(work: () => T): () => T {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
