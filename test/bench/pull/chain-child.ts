import { BlockClock } from '../../../devnet/chain/block-clock.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { putFile, removeFile } from '../../../devnet/chain/model-files.ts';
import { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { ChainServer } from '../../../devnet/chain/server.ts';
import type { OrderedFile } from './ordered-file.ts';
import { serve } from './served.ts';

const blockTimeMs = 6000;
const firstBlock = 12_000_000;
const genesisMs = Date.now() - firstBlock * blockTimeMs;
const chain = new ChainModel({ name: 'smanager bench', firstBlock, genesisMs, blockTimeMs });
chain.advance(1);
const server = await ChainServer.listen(new ChainRpc(chain));
new BlockClock(chain, { intervalMs: blockTimeMs, genesisMs }).start();
let ordered: readonly OrderedFile[] = [];

serve({
  url: () => server.url,
  /** These are the orders of the chain, and no others. */
  order: (files: readonly OrderedFile[]) => {
    for (const { cid } of ordered) removeFile(chain, cid);
    for (const { cid, sizeBytes } of files) putFile(chain, cid, { sizeBytes: BigInt(sizeBytes) });
    ordered = files;
    chain.advance(1);
  },
});
