import { z } from 'zod';

import { headerJson } from '../block.ts';
import type { Block } from '../block.ts';
import { toHex } from '../hex.ts';
import type { BlockNotice } from '../model.ts';
import { bestBlock, finalizedBlock, knownBlock, param } from './method.ts';
import type { Method, MethodContext } from './method.ts';

const optionalHash = z.string().nullish();

/** A number, or hexadecimal text of one. */
const blockNumber = z.union([z.int().nonnegative(), z.string().regex(/^0x[0-9a-f]+$/i)]).transform(Number);
const blockNumbers = z.union([z.array(blockNumber), blockNumber]).nullish();

export const chainMethods: Record<string, Method> = {
  chain_getBlockHash: (params, context) => {
    const asked = param(blockNumbers, params, 0);
    const best = bestBlock(context);
    const hashAt = (number: number) => {
      const block = number > best.number ? undefined : context.chain.history.at(number);
      return block?.hash ?? null;
    };
    if (Array.isArray(asked)) return asked.map(hashAt);
    return asked === null || asked === undefined ? best.hash : hashAt(asked);
  },
  chain_getHeader: (params, context) => {
    const block = find(params, context);
    return block === undefined ? null : headerJson(block.header);
  },
  chain_getBlock: (params, context) => {
    const block = find(params, context);
    if (block === undefined) return null;
    const extrinsics = block.extrinsics.map(toHex);
    return { block: { header: headerJson(block.header), extrinsics }, justification: null };
  },
  chain_getFinalizedHead: (_params, context) => finalizedBlock(context).hash,
  chain_subscribeFinalizedHeads: (_params, context) =>
    subscribeHeads(context, 'chain_finalizedHead', finalizedBlock(context), ({ finalized }) => {
      const newest = finalized.at(-1);
      const isTold = newest !== undefined && newest.number % (context.node.skipHeads + 1) === 0;
      return isTold ? finalizedBlock(context) : undefined;
    }),
  chain_subscribeNewHeads: (_params, context) =>
    subscribeHeads(context, 'chain_newHead', bestBlock(context), () => bestBlock(context)),
  chain_subscribeAllHeads: (_params, context) =>
    subscribeHeads(context, 'chain_allHead', bestBlock(context), () => bestBlock(context)),
  chain_unsubscribeFinalizedHeads: unsubscribe,
  chain_unsubscribeNewHeads: unsubscribe,
  chain_unsubscribeAllHeads: unsubscribe,
};

function find(params: readonly unknown[], context: MethodContext): Block | undefined {
  const hash = param(optionalHash, params, 0);
  return hash === null || hash === undefined ? bestBlock(context) : knownBlock(hash, context);
}

/** The present head first, then what `pick` takes from each new block; of blocks that become final at once only the last. */
function subscribeHeads(
  { chain, session }: MethodContext,
  method: string,
  present: Block,
  pick: (notice: BlockNotice) => Block | undefined,
): string {
  return session.subscribe(method, (notify) => {
    notify(headerJson(present.header));
    return chain.onBlock((notice) => {
      const block = pick(notice);
      if (block !== undefined) notify(headerJson(block.header));
    });
  });
}

export function unsubscribe(params: readonly unknown[], { session }: MethodContext): boolean {
  return session.unsubscribe(param(z.string(), params, 0));
}
