import type { Answer, Ask, BlockRef } from '../clients/chain/ask.ts';
import { SmError } from '../domain/errors.ts';
import type { Chain } from './ports.ts';

/**
 * The newest finalized block, from an end point known not to be syncing: only then may it be taken for the present.
 * @throws SmError CHAIN_SYNCING otherwise
 */
export async function syncedHead(chain: Chain, ask: Ask): Promise<Answer<BlockRef>> {
  const { value: state, endPoint } = await chain.blocks.syncState(ask);
  if (state.syncing) {
    throw new SmError('CHAIN_SYNCING', `${endPoint} is still syncing; waiting for it`, {
      endPoint,
      reason: state.reason,
    });
  }
  return await chain.blocks.finalizedHead({ ...ask, only: endPoint });
}
