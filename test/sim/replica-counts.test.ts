import { expect, test } from 'vitest';
import { namedAccount } from '../../devnet/chain/accounts.ts';
import { fileInfo, putFile, replicaOf, strangers } from '../../devnet/chain/model-files.ts';
import { textBytes } from '../../devnet/chain/runtime/call.ts';
import { SPOWER_SUPERIOR } from '../../devnet/chain/spower-service.ts';
import { HOUR_BLOCKS } from '../../src/domain/units.ts';
import { newWorld } from '../support/sim/new-world.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

const sizeBytes = 4096n;

interface Row {
  readonly status: string;
  readonly verdict: string;
  readonly replicas: number;
  readonly read_block: number;
}

async function row(world: SimWorld, cid: string): Promise<Row> {
  const [found] = await world.rows<Row>(
    'SELECT status, verdict, replicas, read_block FROM file_record WHERE cid = ?',
    cid,
  );
  if (found === undefined) throw new Error(`no row of ${cid}`);
  return found;
}

async function untilWalked(world: SimWorld, walks: number): Promise<void> {
  const complete = async (): Promise<boolean> =>
    (await world.rows("SELECT 1 FROM walk WHERE status = 'complete'")).length === walks;
  await world.runUntil(`walk ${walks}`, complete, 2 * HOUR_BLOCKS);
}

/** The spower service brings another group's replica in. */
function reportReplica(world: SimWorld, cid: string): void {
  const stranger = replicaOf(namedAccount('another group'), world.head);
  const change = {
    reporter: stranger.who,
    owner: stranger.owner,
    anchor: stranger.anchor,
    reportSlot: 0,
    reportBlock: world.head,
    validAtBlock: world.head,
    isAdded: true,
  };
  world.chain.submit(SPOWER_SUPERIOR, {
    kind: 'market.updateReplicas',
    files: [{ cid: textBytes(cid), sizeBytes, changes: [change] }],
    lastProcessedBlock: world.head,
  });
}

test("Another member's order that an update of replicas names has its new count after the next walk, others have not", async () => {
  const world = await newWorld({ config: { indexer: { scanIntervalHours: 1 } } });
  const [named, silent] = [world.cids.theirs(), world.cids.theirs()];
  const expiresAtBlock = world.head + 2_500_000;
  const put = (cid: string, replicas: number): void =>
    putFile(world.chain, cid, { sizeBytes, replicas: strangers(replicas, world.head), expiresAtBlock });
  for (const cid of [named, silent]) put(cid, 4);
  await world.run(1);
  world.startBot();
  await untilWalked(world, 1);
  await world.run(20);
  const before = await row(world, named);
  expect(before).toMatchObject({ status: 'waiting', verdict: 'not-ours', replicas: 4 });

  reportReplica(world, named);
  put(silent, 5);
  await world.run(5);
  expect(fileInfo(world.chain, named)?.replicas).toHaveLength(5);
  expect(await row(world, named)).toEqual(before);

  await untilWalked(world, 2);
  const after = await row(world, named);
  expect(after).toMatchObject({ status: 'waiting', verdict: 'not-ours', replicas: 5 });
  expect(after.read_block).toBeGreaterThan(before.read_block);
  expect(await row(world, silent)).toMatchObject({ verdict: 'not-ours', replicas: 4 });

  await untilWalked(world, 3);
  expect(await row(world, named)).toEqual(after);
  expect(await world.broken()).toEqual([]);
});
