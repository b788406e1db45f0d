import { namedAccount } from '../chain/accounts.ts';
import type { ChainModel } from '../chain/model.ts';
import { fileInfo, putFile } from '../chain/model-files.ts';
import { calculateReward } from '../chain/runtime/call.ts';

/** Half a year does not fit into a demo: the paid time of an order is over with the next block. */
export function endPaidTime(chain: ChainModel, cid: string): void {
  const info = fileInfo(chain, cid);
  if (info === undefined) throw new Error(`${cid} is not ordered`);
  putFile(chain, cid, { ...info, expiresAtBlock: chain.head.number, calculatedAtBlock: chain.head.number - 1 });
}

/** Somebody asks the chain to settle an order whose time is over, which closes it in the next block. */
export function closeOnChain(chain: ChainModel, cid: string): void {
  endPaidTime(chain, cid);
  chain.submit(namedAccount('liquidator'), calculateReward(cid));
}
