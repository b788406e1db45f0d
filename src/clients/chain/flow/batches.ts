import chunk from 'lodash/chunk.js';
import { hasCode, SmError } from '../../../domain/errors.ts';
import type { Ask, BlockRef } from '../ask.ts';
import { RequestSize } from './request-size.ts';
import { isTooMuchAtOnce, refusesBatches } from '../connection/rpc-errors.ts';
import { allOrNone } from '../connection/signals.ts';
import type { RpcCall, RpcOutcome } from '../connection/transport.ts';

/** A question about a block's state or body. */
export interface CallAt extends RpcCall {
  readonly at: BlockRef;
}

interface BatchConnection {
  /** Rises with every new connection. */
  readonly epoch: number;
  /** One batch message, one place in the line. */
  requestBatch(calls: readonly RpcCall[], ask: Ask): Promise<readonly RpcOutcome[]>;
  requestRawAt(method: string, params: readonly unknown[], at: BlockRef, ask: Ask): Promise<unknown>;
}

/** Puts many calls to one end point in few messages, or one by one to a node that takes no batches: it remembers what the node can carry. */
export class Batches {
  readonly #connection: BatchConnection;
  readonly #size: RequestSize;
  /** The connection on which batches were refused; another one may lead to another node. */
  #refusedEpoch: number | undefined;

  constructor(connection: BatchConnection, maxCallsPerBatch: number) {
    this.#connection = connection;
    this.#size = new RequestSize(maxCallsPerBatch);
  }

  /** One outcome a call, in their order. Rejects with what is no answer of the node: unreachable, another chain, abort. */
  async ask(calls: readonly CallAt[], ask: Ask): Promise<readonly RpcOutcome[]> {
    const parts = await allOrNone(
      ask.signal,
      chunk(calls, this.#size.current).map((batch) => async (signal) => this.#batch(batch, { ...ask, signal })),
    );
    return parts.flat();
  }

  async #batch(calls: readonly CallAt[], ask: Ask): Promise<readonly RpcOutcome[]> {
    if (calls.length < 2 || this.#refusedEpoch === this.#connection.epoch) return this.#oneByOne(calls, ask);
    try {
      const outcomes = await this.#connection.requestBatch(calls, ask);
      this.#size.noteGood();
      return outcomes;
    } catch (error) {
      if (refusesBatches(error)) {
        this.#refusedEpoch = this.#connection.epoch;
        return this.#oneByOne(calls, ask);
      }
      // Whatever else a node says to the whole of it, it may say otherwise to less of it.
      if (!isTooMuchAtOnce(error) && !hasCode(error, 'CHAIN_RPC_ERROR', 'CHAIN_BAD_ANSWER')) throw error;
      const half = this.#size.noteTooMuch(calls.length);
      const first = await this.#batch(calls.slice(0, half), ask);
      const second = await this.#batch(calls.slice(half), ask);
      return [...first, ...second];
    }
  }

  async #oneByOne(calls: readonly CallAt[], ask: Ask): Promise<readonly RpcOutcome[]> {
    return allOrNone(
      ask.signal,
      calls.map((call) => async (signal) => this.#single(call, { ...ask, signal })),
    );
  }

  async #single({ method, params, at }: CallAt, ask: Ask): Promise<RpcOutcome> {
    try {
      return { result: await this.#connection.requestRawAt(method, params, at, ask) };
    } catch (error) {
      if (isOfOneCall(error)) return { error };
      throw error;
    }
  }
}

function isOfOneCall(error: unknown): error is SmError {
  return hasCode(error, 'CHAIN_RPC_ERROR', 'CHAIN_STATE_PRUNED', 'CHAIN_SYNCING', 'CHAIN_BAD_ANSWER');
}
