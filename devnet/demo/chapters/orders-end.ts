import { request } from 'undici';
import { fileInfo } from '../../chain/model-files.ts';
import type { Demo } from '../demo.ts';
import { SPAM_MEMO, SPAMMER } from '../demo.ts';
import { closeOnChain, endPaidTime } from '../endings.ts';

const CLOSED_BEFORE_THE_REORDER_BLOCKS = 3;

async function isPinned(demo: Demo, cid: string): Promise<boolean> {
  const answer = await request(`${demo.world.ipfs.apiUrl}/pin/ls?type=recursive&arg=${cid}`, { method: 'POST' });
  await answer.body.dump();
  return answer.statusCode === 200;
}

async function whereabouts(demo: Demo, cid: string): Promise<string> {
  const inSworker = demo.world.sworker.files.find(cid)?.state ?? 'gone';
  const pin = (await isPinned(demo, cid)) ? 'pinned' : 'not pinned';
  const order = (await demo.database.orders()).get(cid);
  return `${order?.status}, sWorker ${inSworker}, ${pin}`;
}

/** Orders that come while the bot looks on. */
export async function liveOrders(demo: Demo): Promise<void> {
  const { narrator, world, plan } = demo;
  narrator.chapter('Orders come');
  const rest = plan.later.slice(5);
  for (const order of rest) world.order(order);
  const [bySpammer, withMemo] = [plan.spam.slice(0, 3), plan.spam.slice(3)];
  for (const order of bySpammer) world.order({ ...order, payer: SPAMMER });
  for (const order of withMemo) world.order({ ...order, memo: `${SPAM_MEMO} buy now` });
  narrator.say(
    `${rest.length} new orders, and ${plan.spam.length} of an account and with a memo that the operator denies.`,
  );
  const areSealed = await demo.eventuallyAll(
    rest.map(({ cid }) => cid),
    ({ status }) => status === 'handled',
    60_000,
  );
  const areDenied = await demo.eventuallyAll(
    plan.spam.map(({ cid }) => cid),
    ({ verdict }) => verdict === 'denied',
    30_000,
  );
  narrator.say(areSealed ? 'The new ones are sealed.' : 'Not all of the new ones were sealed in time.');
  narrator.say(areDenied ? 'The denied ones are not touched.' : 'Not all of the others were denied in time.');
}

/** Closed and cleaned up, closed and ordered again, over and ordered again in time. */
export async function ordersEnd(demo: Demo): Promise<void> {
  const { narrator, checklist, world, plan } = demo;
  narrator.chapter('Orders end');
  // A pull killed between its seal and its pin leaves a file that sWorker has and the daemon has not pinned.
  const pulledFiles = plan.standing.filter(({ cid, outcome }) => outcome === 'handled' && !demo.killed.has(cid));
  const [gone, back, renewed] = pulledFiles.slice(-3);
  const [closedWhileDown] = plan.held;
  if (gone === undefined || back === undefined || renewed === undefined || closedWhileDown === undefined) {
    throw new Error('too few files were taken');
  }
  closeOnChain(world.chain, gone.cid);
  closeOnChain(world.chain, back.cid);
  demo.closedOnce.add(gone.cid).add(back.cid);
  endPaidTime(world.chain, renewed.cid);
  narrator.say('The paid time of three files is over; somebody closes two of them on chain.');
  await demo.blocks(CLOSED_BEFORE_THE_REORDER_BLOCKS);
  world.order(back);
  world.order(renewed);
  narrator.say('A customer orders one of the closed ones again, and the one that nobody has closed.');

  const doneWith = [closedWhileDown.cid, gone.cid];
  const areGone = await demo.eventually(async () => {
    const cleanups = await demo.database.cleanups();
    return doneWith.every((cid) => cleanups.get(cid) === 'done');
  }, 60_000);
  await demo.eventuallyAll([renewed.cid], ({ expiryBlock }) => expiryBlock > world.chain.head.number, 30_000);
  const expiry = (await demo.database.orders()).get(renewed.cid)?.expiryBlock;
  const cleanups = await demo.database.cleanups();
  narrator.say(
    areGone
      ? 'Both closed files, the one of before among them, were let go: deleted in sWorker and unpinned.'
      : 'Not all closed files were let go in time.',
  );

  checklist.expect('expired and closed', 'closed, sWorker gone, not pinned', await whereabouts(demo, gone.cid));
  checklist.expect(
    'closed while the bot was down',
    'closed, sWorker gone, not pinned',
    await whereabouts(demo, closedWhileDown.cid),
  );
  checklist.expect('closed and ordered again', 'handled, sWorker valid, pinned', await whereabouts(demo, back.cid));
  checklist.expect('… its cleanup', 'cancelled', cleanups.get(back.cid) ?? 'none');
  checklist.expect('expired and ordered again', 'handled, sWorker valid, pinned', await whereabouts(demo, renewed.cid));
  checklist.expect('… its new expiry', fileInfo(world.chain, renewed.cid)?.expiresAtBlock ?? 0, expiry ?? 0);
}
