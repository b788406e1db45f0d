import { placeStorageOrder } from '../../chain/runtime/call.ts';
import { namedAccount } from '../../chain/accounts.ts';
import type { Demo } from '../demo.ts';
import { closeOnChain } from '../endings.ts';
import type { SealHold } from '../seal-hold.ts';
import { tellPulls } from './first-start.ts';

const BLOCKS_DOWN = 30;

/** SIGKILL while large files are half sealed, a life of the chain without the bot, and the next start. */
export async function killAndResume(demo: Demo, hold: SealHold): Promise<void> {
  const { narrator, checklist, world, plan, database } = demo;
  narrator.chapter('Killed in the middle');
  await tellPulls(demo);
  await demo.bot.kill();
  narrator.say('The bot was killed with SIGKILL.');
  hold.letGo();
  const running = (await database.pins()).filter(({ status }) => status === 'running').map(({ cid }) => cid);
  for (const cid of running) demo.killed.add(cid);
  await demo.eventually(() => world.sworker.files.pending.size === 0, 20_000);
  // A file may be sealed whose pull the bot had not written down as ended: that one is found, not resumed.
  const inTheMiddle = running.filter((cid) => world.sworker.files.find(cid) === undefined);
  narrator.say(
    `Its ${inTheMiddle.length} pulls died with their connections: the daemon gave them up, sWorker threw away what was sealed.`,
  );

  const [first, second, ...batch] = plan.later.slice(0, 5);
  if (first === undefined || second === undefined) throw new Error('too few files were planned');
  world.order({ ...first, memo: 'holidays' });
  world.order({ ...second, tipsPico: 5_000_000n });
  world.chain.submit(namedAccount('customer'), { kind: 'utility.batchAll', calls: batch.map(placeStorageOrder) });
  const closed = plan.held[0];
  if (closed !== undefined) closeOnChain(world.chain, closed.cid);
  await demo.blocks(BLOCKS_DOWN);
  narrator.say(
    `${BLOCKS_DOWN} blocks passed without it: five new orders, three of them in one batch, and a close of a file it holds.`,
  );

  await demo.startBot();
  narrator.say('Started again on its database.');
  const taken = [...plan.standing, ...plan.later.slice(0, 5)].filter(({ outcome }) => outcome === 'handled');
  const cids = taken.map(({ cid }) => cid);
  const all = await demo.eventuallyAll(cids, ({ status }) => status === 'handled', 150_000);
  await tellPulls(demo);
  narrator.say(all ? 'Everything that was to be taken is there.' : 'Not all of what was to be taken has come.');

  const pins = await database.pins();
  const interrupted = new Set(pins.filter(({ status }) => status === 'interrupted').map(({ cid }) => cid));
  const sealed = new Set(pins.filter(({ status }) => status === 'sealed').map(({ cid }) => cid));
  const orders = await database.orders();
  const resumed = inTheMiddle.filter(
    (cid) => interrupted.has(cid) && sealed.has(cid) && orders.get(cid)?.attempts === 0,
  );
  const least = plan.slowCids.length;
  checklist.expect(
    'pulls killed in the middle',
    `${least} or more`,
    inTheMiddle.length,
    least > 0 && inTheMiddle.length >= least,
  );
  checklist.expect('… resumed and sealed, no attempt counted', inTheMiddle.length, resumed.length);
}
