import path from 'node:path';
import { toAddress } from '../../../devnet/chain/accounts.ts';
import { startWorld } from '../../../devnet/world/world.ts';
import { databaseFileName } from '../../../src/store/database.ts';
import { RawConnection } from '../database/raw.ts';
import { childInput } from '../harness/child.ts';
import type { WorldAround, WorldWish } from './world-around.ts';

// Chain, sWorker and IPFS around the bot, in a process of their own; sWorker holds what the database says it does.
const wish = childInput() as WorldWish;
const world = await startWorld({
  firstBlock: wish.firstBlock,
  members: wish.members,
  activeNodes: wish.activeNodes,
  disks: [{ volumeGib: 2 ** 22, srdGib: 2000 }],
});
const rows = await RawConnection.open(path.join(wish.dataDir, databaseFileName));
world.sworker.preload(
  await rows.all<{ cid: string; sizeBytes: number; state: 'valid' | 'lost' }>(
    `SELECT cid, size_bytes AS sizeBytes, CASE status WHEN 'lost' THEN 'lost' ELSE 'valid' END AS state
     FROM pin_record WHERE status IN ('sealed', 'lost')`,
  ),
);
await rows.close();
const around: WorldAround = {
  // No pull starts below the ratio: what is measured is a bot at rest.
  config: world.botConfig(wish.dataDir, { minSrdRatio: 100 }),
  genesisHash: world.chain.history.at(0)?.hash ?? '',
  account: toAddress(world.network.account),
  groupOwner: toAddress(world.network.groupOwner),
  members: world.network.members.map(toAddress),
  activeNodes: world.network.activeNodes,
  headBlock: world.chain.head.number,
};
process.on('disconnect', () => void world.stop().then(() => process.exit()));
process.send?.(around);
