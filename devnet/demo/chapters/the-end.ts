import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { request } from 'undici';
import { fileInfo } from '../../chain/model-files.ts';
import type { Demo } from '../demo.ts';
import { mebibytes } from '../narrator.ts';
import { countOutcomes, standingOrders } from '../orders/order-plan.ts';
import type { PlannedOrder } from '../orders/planned-order.ts';

const STOP_WITHIN_MS = 8000;
const EXPLAINED_LINES = 12;

/** Everything that was ordered and is ordered still. */
async function liveOrders(demo: Demo): Promise<PlannedOrder[]> {
  const { plan, world } = demo;
  const all = [...standingOrders(plan), ...plan.later, ...plan.spam];
  return all.filter(({ cid }) => fileInfo(world.chain, cid) !== undefined);
}

/** Holds every order's fate against what was expected of it. */
export async function compareVerdicts(demo: Demo): Promise<void> {
  const { narrator, checklist } = demo;
  narrator.chapter('What came true');
  const orders = await liveOrders(demo);
  let outcomes = await outcomesOf(demo);
  await demo.eventually(async () => {
    outcomes = await outcomesOf(demo);
    return orders.every((order) => outcomes.get(order.cid) === order.outcome);
  }, 20_000);
  for (const [outcome, count] of countOutcomes(orders)) {
    const right = orders.filter((order) => order.outcome === outcome && outcomes.get(order.cid) === order.outcome);
    checklist.expect(outcome, count, right.length);
  }
  const wrong = orders.filter((order) => outcomes.get(order.cid) !== order.outcome);
  for (const { cid, outcome } of wrong.slice(0, 5)) {
    narrator.say(`${cid} should be ${outcome} and is ${outcomes.get(cid) ?? 'unknown'}`);
  }
  const example = orders.find(({ outcome }) => outcome === 'waiting: expiring');
  if (example !== undefined) await explain(demo, example.cid);
}

async function outcomesOf(demo: Demo): Promise<ReadonlyMap<string, string>> {
  const rows = [...(await demo.database.orders()).values()];
  return new Map(rows.map(({ cid, status, verdict }) => [cid, status === 'waiting' ? `waiting: ${verdict}` : status]));
}

async function explain(demo: Demo, cid: string): Promise<void> {
  const { stdout, stderr } = await demo.smanager('explain', cid);
  demo.narrator.say('smanager explain says of one of them:');
  demo.narrator.detail(...`${stdout}${stderr}`.trim().split('\n').slice(0, EXPLAINED_LINES));
}

/** The files on the bot's own node, byte for byte, and their replicas on chain. */
export async function compareBytes(demo: Demo): Promise<void> {
  const { narrator, checklist, plan, world } = demo;
  const taken = (await liveOrders(demo)).filter(({ outcome }) => outcome === 'handled');
  let same = 0;
  for (const { cid, path } of taken) if (path !== undefined && (await isSame(world.ipfs.apiUrl, cid, path))) same += 1;
  const bytes = taken.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  narrator.say(
    `${same} files (${mebibytes(bytes)}) read back from the bot's node, its network off, are the customers' own.`,
  );
  checklist.expect('files on the node, byte for byte', taken.length, same);

  const pulled = [...plan.standing, ...plan.later].filter(({ outcome }) => outcome === 'handled');
  // A copy kept over a close stays as it was reported and gets no credit for the new order: the chain's own rule.
  const creditable = pulled.filter(({ cid }) => !demo.closedOnce.has(cid));
  const credited = () => creditable.filter(({ cid }) => isCredited(demo, cid)).length;
  await demo.eventually(() => credited() === creditable.length, 60_000);
  narrator.say(`sWorker reported them: on chain the bot's group is among the replicas of ${credited()} files.`);
  checklist.expect('files credited on chain', creditable.length, credited());
}

function isCredited({ world }: Demo, cid: string): boolean {
  const { account, groupOwner } = world.network;
  return (
    fileInfo(world.chain, cid)?.replicas.some(({ owner, who }) => owner === groupOwner && who === account) === true
  );
}

async function isSame(apiUrl: string, cid: string, path: string): Promise<boolean> {
  const [ours, theirs] = [createHash('sha256'), createHash('sha256')];
  const answer = await request(`${apiUrl}/cat?offline=true&arg=${cid}`, { method: 'POST' });
  await pipeline(answer.body, ours);
  await pipeline(createReadStream(path), theirs);
  return answer.statusCode === 200 && ours.digest('hex') === theirs.digest('hex');
}

export async function stopBot(demo: Demo): Promise<void> {
  const { narrator, checklist } = demo;
  const { code, ms } = await demo.bot.stop();
  narrator.say(`SIGTERM: the bot ended after ${ms} ms with ${code}.`);
  checklist.expect(
    'SIGTERM',
    'exit 0 within 8 s',
    ms < STOP_WITHIN_MS ? `exit ${code} within 8 s` : `exit ${code} after ${ms} ms`,
  );
  const errors = demo.errorLines;
  for (const line of errors.slice(0, 5)) narrator.detail(line);
  checklist.expect('errors logged', 0, errors.length);
}
