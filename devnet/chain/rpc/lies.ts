import type { Hex } from '../hex.ts';
import type { ChainRpc } from '../rpc.ts';
import { itemKey } from '../storage-keys.ts';
import { methodNotFound, stateDiscarded } from './error.ts';
import type { RpcSession } from './session.ts';

/** A question to a node that does not tell the truth. */
type AskedLiar = {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly session: RpcSession;
  /** What the node would answer to its question, or to these parameters; throws RpcError. */
  readonly truth: (params?: readonly unknown[]) => unknown;
};

/** What is answered instead of the truth. Throws RpcError. */
export type Lie = (asked: AskedLiar) => unknown;

type ChangeSet = { readonly block: string; readonly changes: readonly (readonly [string, string | null])[] };

const orders = itemKey('Market', 'FilesV2');
const orderCount = itemKey('Market', 'FileKeysCount');

/** Where the block hash stands among the parameters of the questions about a state's values. */
const blockParam: Readonly<Record<string, number>> = {
  state_getStorage: 1,
  state_queryStorageAt: 1,
  state_getKeysPaged: 3,
};

/** Null, whatever is asked by these methods. */
export function answersNull(...methods: readonly string[]): Lie {
  return ({ method, truth }) => (methods.includes(method) ? null : truth());
}

/** The node does not offer these methods, as a proxy in front of it or a flag of its own may have it. */
export function refuses(...methods: readonly string[]): Lie {
  return ({ method, truth }) => {
    if (methods.includes(method)) throw methodNotFound();
    return truth();
  };
}

/** Pages of the orders' keys are empty from this key on (hexadecimal, may be a part of one). */
export function keysEndBefore(key: string): Lie {
  return ({ method, params: [prefix], truth }) => {
    const told = truth();
    if (method !== 'state_getKeysPaged' || !isOfOrders(prefix)) return told;
    return (told as readonly string[]).filter((known) => known < key);
  };
}

/** Orders have keys and no values. */
export const ordersHaveNoValues: Lie = ({ method, truth }) => {
  const told = truth();
  if (method !== 'state_queryStorageAt') return told;
  return (told as readonly ChangeSet[]).map(({ block, changes }) => ({
    block,
    changes: changes.map(([key, value]) => [key, isOfOrders(key) ? null : value]),
  }));
};

/** The chain has no orders and never had any: no keys, no values, and a count of them only if `hasCount`. */
export function noOrders({ hasCount }: { readonly hasCount: boolean }): Lie {
  const noKeys = keysEndBefore(orders);
  return (asked) => {
    const told = asked.method === 'state_getKeysPaged' ? noKeys(asked) : ordersHaveNoValues(asked);
    if (hasCount || asked.method !== 'state_queryStorageAt') return told;
    return (told as readonly ChangeSet[]).map(({ block, changes }) => ({
      block,
      changes: changes.map(([key, value]) => [key, key === orderCount ? null : value]),
    }));
  };
}

/** Values and keys of every state are those of this block's, under the name of the block that was asked for. */
export function stateOf(hash: Hex): Lie {
  return ({ method, params, truth }) => {
    const at = blockParam[method];
    if (at === undefined || typeof params[at] !== 'string') return truth();
    const told = truth(params.with(at, hash));
    if (method !== 'state_queryStorageAt') return told;
    return (told as readonly ChangeSet[]).map(({ changes }) => ({ block: params[at], changes }));
  };
}

/** The state of a block is gone as soon as its orders' keys were read: it was pruned in the middle of a walk. So for the first blocks of which they are read. */
export function prunesUnderWalks(blocks: number): Lie {
  const pruned = new Set<string>();
  return ({ method, params, truth }) => {
    const hash = params[blockParam[method] ?? -1];
    if (typeof hash !== 'string') return truth();
    if (pruned.has(hash)) throw stateDiscarded(hash, 'current');
    if (method === 'state_getKeysPaged' && isOfOrders(params[0]) && pruned.size < blocks) pruned.add(hash);
    return truth();
  };
}

/** Every state is empty. */
export const statesAreEmpty: Lie = ({ method, params, truth }) => {
  const at = blockParam[method];
  if (at === undefined || typeof params[at] !== 'string') return truth();
  if (method === 'state_getKeysPaged') return [];
  if (method === 'state_getStorage') return null;
  return [{ block: params[at], changes: (params[0] as readonly string[]).map((key) => [key, null]) }];
};

/** Other nodes answer under this one's address: one of another chain, or those behind a load balancer. */
export function passedOnTo(choose: (session: RpcSession) => ChainRpc): Lie {
  return ({ method, params, session }) => choose(session).handle(method, params, session);
}

/** The choice is made anew for each connection and holds as long as it does. */
export function oncePerConnection(choose: () => ChainRpc): (session: RpcSession) => ChainRpc {
  const chosen = new WeakMap<RpcSession, ChainRpc>();
  return (session) => {
    const rpc = chosen.get(session) ?? choose();
    chosen.set(session, rpc);
    return rpc;
  };
}

function isOfOrders(key: unknown): boolean {
  return typeof key === 'string' && key.startsWith(orders);
}
