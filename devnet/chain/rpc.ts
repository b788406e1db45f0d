import type { ChainModel } from './model.ts';
import { chainMethods } from './rpc/chain-methods.ts';
import { methodNotFound } from './rpc/error.ts';
import type { Lie } from './rpc/lies.ts';
import type { Method, NodeSettings } from './rpc/method.ts';
import type { RpcSession } from './rpc/session.ts';
import { stateMethods } from './rpc/state-methods.ts';
import { systemMethods } from './rpc/system-methods.ts';

const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({ ...systemMethods, ...chainMethods, ...stateMethods }),
);

/** A node's JSON-RPC over a chain, without a transport; several nodes may stand before one chain. */
export class ChainRpc {
  readonly chain: ChainModel;
  readonly node: NodeSettings;
  /** Told instead of the truth; may be set and unset at any time. */
  lie: Lie | undefined;
  readonly #methodNames: readonly string[] = [...METHODS.keys()].sort();

  constructor(chain: ChainModel, settings: Partial<NodeSettings> = {}) {
    this.chain = chain;
    this.node = {
      chainName: 'Crust',
      isSyncing: false,
      highestBlock: undefined,
      peers: 25,
      blocksBehind: 0,
      finalityBehind: 0,
      skipHeads: 0,
      stateErrors: 'current',
      ...settings,
    };
  }

  /**
   * The result of a call as JSON-able data. Throws RpcError. After a reply has been passed on, `session.replySent()`
   * must be called: it releases the first notifications of new subscriptions.
   */
  handle(method: string, params: readonly unknown[], session: RpcSession): unknown {
    const truth = (asked = params): unknown => this.#truth(method, asked, session);
    return this.lie === undefined ? truth() : this.lie({ method, params, session, truth });
  }

  #truth(method: string, params: readonly unknown[], session: RpcSession): unknown {
    const handler = METHODS.get(method);
    if (handler === undefined) throw methodNotFound();
    return handler(params, { chain: this.chain, node: this.node, session, methods: () => this.#methodNames });
  }
}
