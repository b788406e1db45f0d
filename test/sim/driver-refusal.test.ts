import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Writer } from '../../src/store/writer.ts';
import { closeConnectionsOf, driverGate, installDriverGate, readRows } from '../support/sim/driver-gate.ts';
import type { Refusal, Wait } from '../support/sim/driver-refusal.ts';
import { Life } from '../support/sim/life.ts';

let dir: string;
let writer: Writer;
const file = (): string => path.join(dir, 'some.sqlite');

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'smanager-refusal-'));
  installDriverGate();
  driverGate.life = new Life();
  writer = new Writer(file(), ['journal_mode = WAL']);
  await writer.knex.raw('CREATE TABLE one (n INTEGER)');
});

afterEach(async () => {
  driverGate.chooseRefusal = undefined;
  driverGate.chooseWait = undefined;
  driverGate.life = undefined;
  await writer.knex.destroy();
  await rm(dir, { recursive: true, force: true });
});

/** Fails the so-manieth statement of a kind from now on. */
function refuse(verb: string, time: number, refusal: Refusal): void {
  let left = time;
  driverGate.chooseRefusal = (statement) => {
    if (statement.verb !== verb) return undefined;
    left -= 1;
    return left === 0 ? refusal : undefined;
  };
}

async function kept(): Promise<readonly number[]> {
  return (await readRows<{ n: number }>(file(), 'SELECT n FROM one ORDER BY n')).map(({ n }) => n);
}

/** What remains of 1, 2 and 3 when the failure of 2 is passed over. */
async function writeThree(): Promise<readonly number[]> {
  const failed: string[] = [];
  await writer.transaction(async (tx) => {
    for (const n of [1, 2, 3]) {
      await tx.raw('INSERT INTO one (n) VALUES (?)', [n]).catch((error: Error) => void failed.push(error.message));
    }
  });
  expect(failed).toEqual(['INSERT INTO one (n) VALUES (?) - SQLITE_FULL: database or disk is full']);
  return await kept();
}

test('A statement that is undone alone leaves the rest of its transaction', async () => {
  refuse('INSERT', 2, { code: 'SQLITE_FULL', rollsBack: false });
  expect(await writeThree()).toEqual([1, 3]);
});

test('After a statement with which the transaction is given up, the rest runs outside of one and there is nothing to commit', async () => {
  refuse('INSERT', 2, { code: 'SQLITE_FULL', rollsBack: true });
  await expect(writeThree()).rejects.toMatchObject({ code: 'SQLITE_ERROR' });
  expect(await kept()).toEqual([3]);
});

test('A COMMIT that fails leaves nothing, and the next transaction can begin', async () => {
  refuse('COMMIT', 1, { code: 'SQLITE_IOERR', rollsBack: true });
  const insert = async (n: number): Promise<void> =>
    await writer.transaction(async (tx) => void (await tx.raw('INSERT INTO one (n) VALUES (?)', [n])));
  await expect(insert(1)).rejects.toMatchObject({ code: 'SQLITE_IOERR', errno: 10 });
  await insert(2);
  expect(await kept()).toEqual([2]);
});

/** Has the first statement of a kind wait; resolves with what lets it go on when it waits. */
async function whenLate(verb: string, before: Wait['before']): Promise<() => void> {
  return await new Promise((resolve) => {
    driverGate.chooseWait = (statement) => {
      if (statement.verb !== verb) return undefined;
      driverGate.chooseWait = undefined;
      return { before, until: resolve };
    };
  });
}

async function insertOne(n: number): Promise<void> {
  await writer.transaction(async (tx) => void (await tx.raw('INSERT INTO one (n) VALUES (?)', [n])));
}

/** Whether a statement on the writing connection was answered. */
function answered(): { is: boolean } {
  const seen = { is: false };
  void writer.knex.raw('SELECT 1').then(() => (seen.is = true));
  return seen;
}

test('A COMMIT that is carried out late keeps back what comes after it on its connection', async () => {
  const late = whenLate('COMMIT', 'statement');
  const inserting = insertOne(1);
  const goOn = await late;
  const next = answered();
  expect(await kept()).toEqual([]);
  expect(next.is).toBe(false);
  goOn();
  await inserting;
  await writer.knex.raw('SELECT 1');
  expect(next.is).toBe(true);
  expect(await kept()).toEqual([1]);
});

test('A COMMIT whose answer comes late is there for others before it', async () => {
  const late = whenLate('COMMIT', 'answer');
  let isDone = false;
  const inserting = insertOne(1).then(() => (isDone = true));
  const goOn = await late;
  expect(await kept()).toEqual([1]);
  expect(isDone).toBe(false);
  goOn();
  await inserting;
});

test.each([
  ['statement', []],
  ['answer', [1]],
] as const)('Of a process that dies while its COMMIT waits before its %s remains %j', async (before, remains) => {
  const { life } = driverGate;
  const late = whenLate('COMMIT', before);
  let isDone = false;
  void insertOne(1).then(() => (isDone = true));
  const goOn = await late;
  life?.die();
  goOn();
  await driverGate.untilIdle();
  if (life !== undefined) await closeConnectionsOf(life);
  expect(await kept()).toEqual(remains);
  expect(isDone).toBe(false);
});
