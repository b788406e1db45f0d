import type { Ask, BlockRef } from '../../clients/chain/ask.ts';
import { hasCode } from '../../domain/errors.ts';
import type { Chain } from '../ports.ts';

/**
 * The first block above `prunedBlock` whose events can still be read; the node prunes from below, so a bisection finds it.
 * @throws SmError CHAIN_STATE_PRUNED when not even `headBlock` can be read
 */
export async function firstReadable(chain: Chain, prunedBlock: number, headBlock: number, ask: Ask): Promise<number> {
  const isReadable = async (number: number): Promise<boolean> => {
    const { value: found } = await chain.blocks.blocksBetween(Math.max(0, number - 1), number, ask);
    const [parent, block = parent]: readonly (BlockRef | undefined)[] = found;
    if (parent === undefined || block === undefined) return false;
    try {
      await chain.events.blockEvents(parent, [block], ask);
      return true;
    } catch (error) {
      if (hasCode(error, 'CHAIN_STATE_PRUNED') && number < headBlock) return false;
      throw error;
    }
  };
  await isReadable(headBlock);
  let pruned = prunedBlock;
  let readable = headBlock;
  while (readable - pruned > 1) {
    const middle = Math.floor((pruned + readable) / 2);
    if (await isReadable(middle)) readable = middle;
    else pruned = middle;
  }
  return readable;
}
