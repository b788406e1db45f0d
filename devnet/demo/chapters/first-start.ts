import countBy from 'lodash/countBy.js';
import type { Demo } from '../demo.ts';
import { countsText, mebibytes } from '../narrator.ts';
import { standingOrders } from '../orders/order-plan.ts';
import { SealHold } from '../seal-hold.ts';

const CHECK_LINES = 10;
const FINISHED_BEFORE_THE_KILL = 10;

/** `smanager check`, the first start, the verdicts, and the first pulls up to a moment when large ones stand in the middle. */
export async function firstStart(demo: Demo): Promise<SealHold> {
  const { narrator, checklist, world, plan } = demo;
  narrator.chapter('The first start');
  await demo.writeConfig();
  const check = await demo.smanager('check');
  narrator.say('smanager check says:');
  narrator.detail(...check.stdout.trim().split('\n').slice(0, CHECK_LINES));
  checklist.expect('exit code of `smanager check`', 0, check.code);

  const hold = new SealHold(world.sworkerServer.faults, plan.slowCids);
  await demo.startBot();
  narrator.say('The bot has started on an empty database and walks all orders.');
  const orders = standingOrders(plan);
  await demo.eventuallyAll(
    orders.map(({ cid }) => cid),
    ({ status }) => status !== 'new',
    60_000,
  );
  await tellVerdicts(demo);

  const held = plan.held.map(({ cid }) => cid);
  await demo.eventuallyAll(held, ({ status }) => status === 'handled', 30_000);
  const rows = await demo.database.orders();
  const found = held.filter((cid) => rows.get(cid)?.status === 'handled');
  narrator.say(`It found ${found.length} files that sWorker already had; they need not be pulled.`);
  checklist.expect('files held before the first start', held.length, found.length);

  const enough = await demo.eventually(async () => (await pulled(demo)) >= FINISHED_BEFORE_THE_KILL, 90_000);
  const stopped = hold.reached.then(() => true);
  const isInTheMiddle = await Promise.race([stopped, demo.eventually(() => false, 30_000)]);
  checklist.expect(
    'pulls before the kill',
    'some done, some in the middle',
    `${await pulled(demo)} done`,
    enough && isInTheMiddle,
  );
  return hold;
}

async function tellVerdicts(demo: Demo): Promise<void> {
  const rows = [...(await demo.database.orders()).values()];
  const verdicts = new Map(
    Object.entries(
      countBy(rows, ({ status, verdict }) => (status === 'handled' ? 'held already' : (verdict ?? 'undecided'))),
    ),
  );
  demo.narrator.say(`${rows.length} orders seen. Its verdicts:`);
  demo.narrator.detail(countsText(verdicts));
}

/** Files that the bot itself has brought in. */
async function pulled(demo: Demo): Promise<number> {
  const pins = await demo.database.pins();
  return pins.filter(({ status, cause }) => status === 'sealed' && cause === 'pull').length;
}

/** One line about what was pulled so far. */
export async function tellPulls(demo: Demo): Promise<void> {
  const { pending } = demo.world.sworker.files;
  const sealedBytes = [...pending.values()].reduce((sum, file) => sum + file.sealedBytes, 0);
  demo.narrator.say(
    `${await pulled(demo)} files were pulled, sealed and confirmed by sWorker; ${pending.size} are in the middle (${mebibytes(sealedBytes)} of them sealed).`,
  );
}
