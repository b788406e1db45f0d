import { decide } from '../../../../src/decide/rules/decide.ts';
import { standingAfter } from '../../../../src/decide/standing.ts';
import {
  findRuleOrder,
  hasIdleMark,
  listDue,
  listInRange,
  listMarked,
  listRuleOrders,
  listStanding,
  listUndecided,
  newestOrderId,
  ownersOf,
} from '../../../../src/store/decidable-orders.ts';
import { DecisionBases } from '../../../../src/store/decision-bases.ts';
import { clearIdleMarks, clearMarks, postponeLooks, writeStandings } from '../../../../src/store/order-decisions.ts';
import { madeBasis } from '../../database/made-orders.ts';
import { type Drive, sliceRows } from './sample.ts';

/** As many as a revision goes through at once where it finds little. */
const idsOfASlice = 10_000;

/** First verdicts, revisions and looks. */
export const driveDecide: Drive = async ({ database, headBlock, nowMs, run }) => {
  const bases = new DecisionBases(database);
  const basisId = await database.write('event', async (tx) => await bases.idOf(tx, madeBasis, nowMs));
  await bases.find(basisId);
  const read = async <T>(work: Parameters<typeof database.read<T>>[0]): Promise<T> => await database.read(work);
  const newest = await read(newestOrderId);
  const afterId = Math.floor((newest * (1 + (run % 8))) / 10);
  const verdicts = ['not-ours', 'dice', 'too-small', 'few-replicas', 'take'] as const;
  const range = { afterId, throughId: Math.min(afterId + sliceRows, newest) };
  const orders = [
    ...(await read(async (reader) => await listUndecided(reader, sliceRows))),
    ...(await read(async (reader) => await listInRange(reader, range, { verdicts, draws: [] }, sliceRows))),
  ];
  await read(async (reader) => await listMarked(reader, sliceRows));
  await read(hasIdleMark);
  const wide = { afterId, throughId: Math.min(afterId + idsOfASlice, newest) };
  const draws = [
    [0.3, 0.302],
    [0.6, 0.604],
  ] as const;
  await read(async (reader) => await listInRange(reader, wide, { verdicts: [], draws }, sliceRows));
  const ids = orders.map((order) => order.id);
  await read(async (reader) => await listStanding(reader, ids.slice(0, sliceRows)));
  await read(async (reader) => await listRuleOrders(reader, ids.slice(0, 32)));
  await read(async (reader) => await findRuleOrder(reader, ids[0] ?? 1));
  await read(async (reader) => await ownersOf(reader, ids.slice(0, sliceRows)));
  const due = await read(async (reader) => await listDue(reader, headBlock + 200, sliceRows));
  const changes = orders.slice(0, sliceRows).map((order) => {
    const decision = decide(order, { headBlock, heldHere: false, listMatch: null }, madeBasis);
    return { order, next: standingAfter(order, decision, 'look', headBlock) };
  });
  await database.write('bulk', async (tx) => {
    await writeStandings(tx, changes, { basisId, headBlock });
    await clearMarks(tx, ids.slice(0, 10));
    await clearIdleMarks(tx, sliceRows);
    const dueIds = due.slice(0, sliceRows).map((order) => order.id);
    await postponeLooks(tx, dueIds, { headBlock, untilBlock: headBlock + 600 });
  });
};
