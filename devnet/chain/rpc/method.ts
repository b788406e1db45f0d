import type { z } from 'zod';

import type { Block } from '../block.ts';
import type { ChainModel } from '../model.ts';
import { invalidParams, stateDiscarded, unknownBlock } from './error.ts';
import type { StateErrorStyle } from './error.ts';
import type { RpcSession } from './session.ts';

/** What of a node is not the chain's; may be changed at any time. */
export type NodeSettings = {
  chainName: string;
  /** The node says that it is still syncing. */
  isSyncing: boolean;
  /** What a syncing node believes the newest block to be. */
  highestBlock: number | undefined;
  peers: number;
  /** Heads left out between two notifications of new finalized heads. */
  skipHeads: number;
  stateErrors: StateErrorStyle;
};

export type MethodContext = {
  readonly chain: ChainModel;
  readonly node: NodeSettings;
  readonly session: RpcSession;
  readonly methods: () => readonly string[];
};

export type Method = (params: readonly unknown[], context: MethodContext) => unknown;

/** The parameter, or an "invalid params" answer. */
export function param<T>(schema: z.ZodType<T>, params: readonly unknown[], index: number): T {
  const parsed = schema.safeParse(params[index]);
  if (parsed.success) return parsed.data;
  throw invalidParams(`#${index}: ${parsed.error.issues[0]?.message ?? 'wrong'}`);
}

/** The block whose state is asked for; the best one without a hash. Throws as a node does for an unknown or pruned one. */
export function stateBlock(hash: string | null | undefined, { chain, node }: MethodContext): Block {
  if (hash === null || hash === undefined) return chain.head;
  const block = chain.history.byHash(hash);
  if (block === undefined) throw unknownBlock(hash, node.stateErrors);
  if (!chain.history.hasState(block)) throw stateDiscarded(hash, node.stateErrors);
  return block;
}
