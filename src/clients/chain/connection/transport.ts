import { SmError } from '../../../domain/errors.ts';
import type { ErrorData } from '../../../domain/errors.ts';
import type { RawResult } from '../messages/raw-message.ts';

/**
 * One way to one chain node, speaking JSON-RPC. It connects at the first question and again after a loss.
 * A simulation implements it in process.
 */
export interface ChainTransport {
  /** Rises with every new connection, because another node may answer under the same address; constant in process. */
  readonly epoch: number;
  /**
   * The `result` of the answer. Rejects with `CHAIN_RPC_ERROR` (see `rpcFailure`), `CHAIN_UNREACHABLE` (see `unreachable`), `CHAIN_BAD_ANSWER`,
   * or the signal's reason.
   */
  send(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown>;
  /** As `send`, for large answers: what `read` makes of the result. It is called when the answer arrives; the bytes are gone when it returns. */
  sendRaw<T>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    read: (result: RawResult) => T,
  ): Promise<T>;
  /** Several calls in one message, and one outcome for each in their order. Rejects when the batch as a whole was refused or lost. */
  sendBatch(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly RpcOutcome[]>;
  /** Resolves, once the node has accepted, with a function that ends the subscription. */
  subscribe(subscription: Subscription, handlers: SubscriptionHandlers, signal: AbortSignal): Promise<() => void>;
  /** Drops the connection, failing what is in flight; the next question opens another. */
  reset(): void;
  /** Drops the connection for good. */
  close(): Promise<void>;
}

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What became of one call of a batch. */
export type RpcOutcome = { readonly result: unknown } | { readonly error: SmError };

export interface Subscription {
  readonly method: string;
  readonly unsubscribe: string;
  readonly params: readonly unknown[];
}

export interface SubscriptionHandlers {
  onItem(item: unknown): void;
  /** Called at most once, and not after the subscription was ended. */
  onLost(error: Error): void;
}

/** `name` is what logs and rows say: no credentials. */
export interface ChainEndPoint {
  readonly name: string;
  readonly transport: ChainTransport;
}

/** `dropped`: the connection was lost while a question was in flight. `too-large`: an answer exceeded our own bound. */
export type UnreachableReason = 'refused' | 'dropped' | 'timeout' | 'too-large' | 'closed';

const whatHappened: Readonly<Record<UnreachableReason, string>> = {
  refused: 'no connection',
  dropped: 'the connection was lost',
  timeout: 'no answer in time',
  'too-large': 'its answer was too large',
  closed: 'this client was closed',
};

export function unreachable(endPoint: string, reason: UnreachableReason, cause?: unknown, more?: ErrorData): SmError {
  const detail = cause instanceof Error && cause.message !== '' ? cause.message : undefined;
  const message = `The chain end point ${endPoint} cannot be asked: ${whatHappened[reason]}`;
  const said = detail === undefined ? message : `${message} (${detail})`;
  return new SmError('CHAIN_UNREACHABLE', said, { endPoint, reason, detail, ...more }, cause);
}

/** A JSON-RPC error object as the node sent it. */
export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export function rpcFailure(endPoint: string, method: string, failure: RpcFailure): SmError {
  const detail = typeof failure.data === 'string' ? `${failure.message}: ${failure.data}` : failure.message;
  return new SmError('CHAIN_RPC_ERROR', 'The chain node answered with an error', {
    endPoint,
    method,
    rpcCode: failure.code,
    detail: detail.slice(0, 300),
  });
}
