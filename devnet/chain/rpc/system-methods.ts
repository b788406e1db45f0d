import { SS58_PREFIX } from '../accounts.ts';
import { bestBlock } from './method.ts';
import type { Method, MethodContext } from './method.ts';

/** The oldest block that a syncing node pretends to have started from. */
const SYNC_START = 0;

export const systemMethods: Record<string, Method> = {
  rpc_methods: (_params, { methods }) => ({ version: 1, methods: methods() }),
  system_chain: (_params, { node }) => node.chainName,
  system_chainType: () => 'Live',
  system_name: () => 'Crust Node',
  system_version: () => '0.10.0-devnet',
  system_properties: () => ({ ss58Format: SS58_PREFIX, tokenDecimals: 12, tokenSymbol: 'CRU' }),
  system_health: (_params, { node }) => ({
    isSyncing: node.isSyncing,
    peers: node.peers,
    shouldHavePeers: true,
  }),
  system_syncState: (_params, context) => syncState(context),
};

function syncState(context: MethodContext) {
  const currentBlock = bestBlock(context).number;
  return { startingBlock: SYNC_START, currentBlock, highestBlock: context.node.highestBlock ?? currentBlock };
}
