import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ruleVerdicts } from '../../../src/domain/verdicts.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { RightOfWay } from '../../../src/runtime/right-of-way.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { listInRange } from '../../../src/store/decidable-orders.ts';
import { RawConnection } from '../database/raw.ts';
import { madeBasis } from '../database/made-orders.ts';
import { answer, childInput } from '../harness/child.ts';
import { Picker } from '../pick/picker.ts';
import { decideRoom, setFacts } from './decide-room.ts';
import { type DecideInput, membersAfter, type RevisionOutput, type RulesOutput } from './measured.ts';

// One measured piece in a process of its own.

const input = childInput() as DecideInput;
const sliceOrders = 1000;
const everyVerdict = { verdicts: ruleVerdicts, draws: [] };
const betweenPicksMs = 20;
/** What the driver alone updates in one statement: as many as the product's slices. */
const limitRows = 500;

async function rules(): Promise<RulesOutput> {
  const database = await Database.open(input.dataDir);
  const { facts, judge, keeper } = decideRoom(database);
  await setFacts(database, facts, madeBasis.members);
  const ground = await keeper.ground();
  if (typeof ground === 'string') throw new Error(`nothing can be decided: ${ground}`);
  const byVerdict: Record<string, number> = {};
  const slice = async (afterId: number) =>
    await database.read(
      async (reader) =>
        await listInRange(reader, { afterId, throughId: afterId + sliceOrders }, everyVerdict, sliceOrders),
    );
  let verdicts = 0;
  let rulesMs = 0;
  // The first tenth warms the compiler up.
  const warm = Math.floor(input.orders / 10 / sliceOrders) * sliceOrders;
  let startedMs = 0;
  // The database reads on two connections, each with a thread of its own: the next slices are read while one is judged.
  const ahead = [slice(0), slice(sliceOrders)];
  for (let afterId = 0; afterId < input.orders; afterId += sliceOrders) {
    if (afterId === warm) startedMs = performance.now();
    const orders = (await ahead.shift()) ?? [];
    ahead.push(slice(afterId + 2 * sliceOrders));
    const decidedFromMs = performance.now();
    const changes = await judge.changes(orders, 'look', ground);
    const endMs = performance.now();
    if (changes.length !== orders.length) throw new Error(`${orders.length} orders gave ${changes.length} verdicts`);
    for (const { next } of changes) byVerdict[next.verdict ?? ''] = (byVerdict[next.verdict ?? ''] ?? 0) + 1;
    if (afterId < warm) continue;
    verdicts += changes.length;
    rulesMs += endMs - decidedFromMs;
  }
  const tookMs = performance.now() - startedMs;
  await Promise.all(ahead);
  await database.close();
  return { verdicts, byVerdict, rulesMs, tookMs };
}

async function revision(): Promise<RevisionOutput> {
  const database = await Database.open(input.dataDir, { rightOfWay: new RightOfWay(new SystemClock()) });
  const { facts, keeper, task } = decideRoom(database);
  await setFacts(database, facts, madeBasis.members);
  await keeper.ground();
  const picker = new Picker(database, { isAlone: false });
  for (let warmUp = 0; warmUp < 20; warmUp += 1) await picker.pick();
  await setFacts(database, facts, membersAfter);
  const control = new AbortController();
  const startedMs = performance.now();
  const running = task.run(control.signal);
  const picksMs: number[] = [];
  const isDone = async (): Promise<boolean> => {
    const standing = await facts.find('revision');
    return standing !== undefined && standing.basisId !== 1 && standing.done;
  };
  while (!(await isDone())) {
    await delay(betweenPicksMs);
    picksMs.push(await picker.pick());
  }
  const tookMs = performance.now() - startedMs;
  control.abort();
  await running;
  const changed = await database.read(async (reader) => {
    const rows: { n: number }[] = await reader.raw('SELECT COUNT(*) AS n FROM file_record WHERE basis_id > 1');
    return rows[0]?.n ?? 0;
  });
  await database.close();
  return { tookMs, changed, picksMs };
}

/** The rows that a revision changes, read and updated by the driver alone, in transactions of as many rows as a slice looks at. */
async function limit(): Promise<number> {
  const connection = await RawConnection.open(path.join(input.dataDir, databaseFileName));
  await connection.all('PRAGMA synchronous = NORMAL');
  await connection.all(`INSERT INTO decision_basis (id, content, created_ms) VALUES (2, '{}', 0)`);
  const startedMs = performance.now();
  for (let afterId = 0; afterId < input.orders; afterId += limitRows) {
    const range = [afterId, afterId + limitRows];
    const rows = await connection.all<{ id: number; verdict: string }>(
      `SELECT id, verdict, cid, class, look_block, turn_block FROM file_record WHERE id > ? AND id <= ? AND status IN ('waiting', 'queued')`,
      range,
    );
    // A third, as when a fifth member joins four: what was the own is another's, and the other way round.
    const changes = rows
      .filter(({ id }) => id % 3 === 0)
      .map(({ id, verdict }) => [id, verdict === 'not-ours' ? 'dice' : 'not-ours', id / input.orders]);
    await connection.all(
      `UPDATE file_record SET status = 'waiting', verdict = value ->> 1, draw = value ->> 2, look_block = NULL, basis_id = 2
       FROM json_each(?) WHERE file_record.id = value ->> 0`,
      [JSON.stringify(changes)],
    );
  }
  const tookMs = performance.now() - startedMs;
  await connection.close();
  return tookMs;
}

await answer(await { rules, revision, limit }[input.part]());
