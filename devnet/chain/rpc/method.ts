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
  /** How many of the chain's newest blocks the node does not have yet. */
  blocksBehind: number;
  /** How many of the finalized blocks it has are not final to it. */
  finalityBehind: number;
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

/** The newest block that the node has. */
export function bestBlock({ chain, node }: MethodContext): Block {
  return blockOrFirst(chain, chain.head.number - node.blocksBehind);
}

export function finalizedBlock(context: MethodContext): Block {
  const { chain, node } = context;
  return blockOrFirst(chain, Math.min(chain.finalized.number, bestBlock(context).number) - node.finalityBehind);
}

/** Undefined for a block that the node does not have. */
export function knownBlock(hash: string, context: MethodContext): Block | undefined {
  const block = context.chain.history.byHash(hash);
  return block === undefined || block.number > bestBlock(context).number ? undefined : block;
}

/** A number below the chain's first block is that of its genesis. */
function blockOrFirst({ history, head }: ChainModel, number: number): Block {
  return history.at(number) ?? history.at(0) ?? head;
}

/** The block whose state is asked for; the best one without a hash. Throws as a node does for an unknown or pruned one. */
export function stateBlock(hash: string | null | undefined, context: MethodContext): Block {
  const { chain, node } = context;
  if (hash === null || hash === undefined) return bestBlock(context);
  const block = knownBlock(hash, context);
  if (block === undefined) throw unknownBlock(hash, node.stateErrors);
  if (!chain.history.hasState(block)) throw stateDiscarded(hash, node.stateErrors);
  return block;
}
