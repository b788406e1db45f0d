import type { AccountId } from '../chain/accounts.ts';
import type { ChainModel } from '../chain/model.ts';
import { reportWorks } from '../chain/model-nodes.ts';
import type { SworkerModel, SworkerModelOptions } from '../sworker/model.ts';

/** What sWorker reports goes to the chain as the account's signed call. `files` tells the sizes of deleted ones. */
export function reportToChain(
  chain: ChainModel,
  account: AccountId,
  files: () => SworkerModel['files'],
): SworkerModelOptions['report'] {
  return (added, deleted) =>
    reportWorks(chain, {
      account,
      added,
      deleted: deleted.map((cid) => ({ cid, sizeBytes: files().held.get(cid)?.sizeBytes ?? 0 })),
    });
}

/** Lets sWorker report once in every slot, a fifth into it. Returns the end of it. */
export function reportEverySlot(chain: ChainModel, sworker: SworkerModel): () => void {
  const { reportSlotBlocks } = chain.rules;
  const reportAt = Math.floor(reportSlotBlocks / 5);
  return chain.onBlock(({ block }) => {
    if (block.number % reportSlotBlocks === reportAt) sworker.reportSlot();
  });
}
