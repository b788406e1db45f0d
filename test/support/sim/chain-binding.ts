import { isDeepStrictEqual } from 'node:util';
import { rawResultOf } from '../../../src/clients/chain/messages/raw-message.ts';
import type { RawResult } from '../../../src/clients/chain/messages/raw-message.ts';
import type { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { RpcError } from '../../../devnet/chain/rpc/error.ts';
import { RpcSession } from '../../../devnet/chain/rpc/session.ts';
import { badAnswer } from '../../../src/clients/chain/connection/answers.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import {
  type ChainTransport,
  type RpcCall,
  type RpcOutcome,
  rpcFailure,
  type Subscription,
  type SubscriptionHandlers,
  unreachable,
} from '../../../src/clients/chain/connection/transport.ts';
import { hasCode } from '../../../src/domain/errors.ts';
import type { CallDesk, Missed, SpoiltBy } from './call-desk.ts';
import type { Life } from './life.ts';

/** A chain node of the world; several may stand before one chain. */
export interface SimChainNode {
  readonly name: string;
  readonly rpc: ChainRpc;
  isReachable: boolean;
}

interface Question<T> {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly convert: (result: unknown) => T;
}

/** One process's connection to a chain node: lost, it fails everything in flight on it, and the next question opens another. */
export class SimChainTransport implements ChainTransport {
  readonly #node: SimChainNode;
  readonly #desk: CallDesk;
  readonly #life: Life;
  readonly #inFlight = new Set<(error: Error) => void>();
  readonly #subscriptions = new Map<string, SubscriptionHandlers>();
  #session: RpcSession | undefined;
  #epoch = 0;
  #isClosed = false;

  constructor(node: SimChainNode, desk: CallDesk, life: Life) {
    this.#node = node;
    this.#desk = desk;
    this.#life = life;
    life.onDeath(() => this.#session?.close());
  }

  get epoch(): number {
    return this.#epoch;
  }

  async send(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    return await this.#call(method, params, signal, (result) => result);
  }

  async sendRaw<T>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    read: (result: RawResult) => T,
  ): Promise<T> {
    return await this.#call(method, params, signal, (result) => read(rawResultOf(result, 'chain', method)));
  }

  /** Faults reach each call as they reach single ones; a lost connection loses the whole batch. */
  async sendBatch(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly RpcOutcome[]> {
    return await this.#together(calls, signal, (faults, missed) =>
      calls.map(({ method, params }, index): RpcOutcome => {
        try {
          return {
            result: this.#answer({ method, params, convert: (result) => result }, faults[index], () => missed(index)),
          };
        } catch (error) {
          if (hasCode(error, 'CHAIN_RPC_ERROR')) return { error };
          // Those behind it are lost with the connection, whatever was to befall them.
          for (let behind = index + 1; behind < calls.length; behind += 1) missed(behind);
          throw error;
        }
      }),
    );
  }

  async subscribe(
    { method, params, unsubscribe }: Subscription,
    handlers: SubscriptionHandlers,
    signal: AbortSignal,
  ): Promise<() => void> {
    return await this.#call(method, params, signal, (result) => {
      if (typeof result !== 'string') throw badAnswer(this.#node.name, method, 'result', result);
      this.#subscriptions.set(result, handlers);
      return () => {
        if (this.#subscriptions.delete(result)) this.#session?.unsubscribe(result);
        void unsubscribe;
      };
    });
  }

  reset(): void {
    this.#drop(unreachable(this.#node.name, 'dropped'));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#drop(unreachable(this.#node.name, 'closed'));
  }

  async #call<T>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    convert: (result: unknown) => T,
  ): Promise<T> {
    return await this.#together([{ method }], signal, ([fault], missed) =>
      this.#answer({ method, params, convert }, fault, () => missed(0)),
    );
  }

  async #together<T>(
    calls: readonly Pick<RpcCall, 'method'>[],
    signal: AbortSignal,
    answer: (faults: readonly SpoiltBy[], missed: Missed) => T,
  ): Promise<T> {
    signal.throwIfAborted();
    if (this.#isClosed) throw unreachable(this.#node.name, 'closed');
    const lost = new AbortController();
    const fail = (error: Error): void => lost.abort(error);
    this.#inFlight.add(fail);
    const onAbort = (): void => lost.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const asked = calls.map(({ method }) => ({ part: 'chain', name: method }) as const);
      return await this.#desk.askTogether(asked, this.#life, lost.signal, answer);
    } finally {
      this.#inFlight.delete(fail);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #answer<T>({ method, params, convert }: Question<T>, fault: SpoiltBy, missed: () => void): T {
    const { name, isReachable } = this.#node;
    if (!isReachable) {
      missed();
      const lost = unreachable(name, 'refused');
      this.#drop(lost);
      throw lost;
    }
    const session = (this.#session ??= this.#open());
    if (fault === 'dropped') return this.#lose(unreachable(name, 'dropped'));
    if (fault === 'error') throw rpcFailure(name, method, { code: -32_000, message: 'Server error: fault injected' });
    const first = this.#handle(method, params, session, missed);
    const told = fault === 'repeated' ? this.#handle(method, params, session) : first;
    const result = fault === 'wrong' ? nothingThere(method, told) : told;
    if (fault === 'wrong' && isDeepStrictEqual(result, told)) missed();
    if (fault === 'answer-dropped') return this.#lose(unreachable(name, 'dropped'));
    if (fault === 'half') return this.#lose(badAnswer(name, method, 'message', JSON.stringify(result).slice(0, 40)));
    const converted = convert(fault === 'garbage' ? { garbage: '####' } : result);
    // What a new subscription has to say at once comes behind its reply.
    if (isOfSubscription(method)) this.#desk.deliver(this.#life, () => session.replySent());
    return converted;
  }

  #handle(method: string, params: readonly unknown[], session: RpcSession, failed?: () => void): unknown {
    try {
      const result = this.#node.rpc.handle(method, overTheWire(params) as readonly unknown[], session);
      return overTheWire(result);
    } catch (error) {
      failed?.();
      if (!(error instanceof RpcError)) throw error;
      throw rpcFailure(this.#node.name, method, error.toJSON());
    }
  }

  #open(): RpcSession {
    this.#epoch += 1;
    const session: RpcSession = new RpcSession(({ subscription, result }) => {
      this.#desk.deliver(this.#life, () => {
        if (this.#session === session) this.#subscriptions.get(subscription)?.onItem(overTheWire(result));
      });
    });
    return session;
  }

  #lose(error: Error): never {
    this.#drop(error);
    throw error;
  }

  #drop(error: Error): void {
    this.#session?.close();
    this.#session = undefined;
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    for (const fail of this.#inFlight) fail(error);
    for (const handlers of subscriptions) handlers.onLost(error);
  }
}

/** The answer of a node that has forgotten what is asked for: nothing, in the shape of the question's answer and from the state that was asked about. */
function nothingThere(method: string, result: unknown): unknown {
  if (method === 'state_getKeysPaged') return [];
  // Nothing will ever come under this name.
  if (method.includes('ubscribe')) return 'no subscription';
  if (method !== 'state_queryStorageAt') return null;
  return (result as { block: string; changes: [string, string | null][] }[]).map(({ block, changes }) => {
    return {
      block,
      changes: changes.map(([key, value]) => [key, key === storagePrefixes.systemNumber ? value : null]),
    };
  });
}

function isOfSubscription(method: string): boolean {
  return method.includes('ubscribe');
}

function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
