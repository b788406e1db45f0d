import { describe, expect, it } from 'vitest';
import type { Judge } from '../../../src/decide/judge.ts';
import { RevisionWalk } from '../../../src/decide/revision-walk.ts';
import { drawFor } from '../../../src/decide/rules/dice.ts';
import type { DecideSettings } from '../../../src/decide/ports.ts';
import { writeStandings } from '../../../src/store/order-decisions.ts';
import { listStanding, listUndecided } from '../../../src/store/decidable-orders.ts';
import {
  accountHex,
  cidOf,
  decideWorld,
  headBlock,
  listOf,
  signal,
  type DecideWorld,
} from '../../support/decide-world.ts';

const paid = { expiry_block: headBlock + 2_000_000, replicas: 50 };

/** Orders of every kind, decided by the first basis. */
async function decidedWorld(files: number, settings: Partial<DecideSettings> = {}): Promise<[DecideWorld, number[]]> {
  const world = await decideWorld(settings);
  const ids: number[] = [];
  for (let file = 0; file < files; file++) ids.push(await world.add({ cid: cidOf(file), ...paid }));
  await world.bot.task.round(signal);
  return [world, ids];
}

async function decidedBy(world: DecideWorld, ids: readonly number[]): Promise<(number | null)[]> {
  return await Promise.all(ids.map(async (id) => (await world.order(id)).basisId));
}

describe('a changed membership', () => {
  it('brings every order to the verdict it would get anew, and writes only what changed', async () => {
    const [world, ids] = await decidedWorld(60);
    const before = await Promise.all(ids.map(async (id) => await world.order(id)));
    await world.setGroup({ members: ['cTA', 'cTB', 'cTC'], ownIndex: 1 });
    await world.bot.task.round(signal);
    const fresh = await decideWorld();
    await fresh.setGroup({ members: ['cTA', 'cTB', 'cTC'], ownIndex: 1 });
    for (const [file, id] of ids.entries()) {
      const anew = await fresh.add({ cid: cidOf(file), ...paid });
      await fresh.bot.task.round(signal);
      const [is, wanted] = [await world.order(id), await fresh.order(anew)];
      expect([is.status, is.verdict]).toEqual([wanted.status, wanted.verdict]);
      expect(is.verdict === before[file]?.verdict ? is : before[file]).toEqual(before[file]);
    }
    expect(await world.facts.find('revision')).toMatchObject({ done: true });
  });
});

describe('a changed node count', () => {
  it('touches only orders whose draw lies between the thresholds', async () => {
    const [world, ids] = await decidedWorld(200);
    // 160 wanted of 100 nodes: every draw succeeded; of 400 nodes, those from 0.4 on fail.
    await world.setActiveNodes({ count: 400 });
    await world.bot.task.round(signal);
    for (const [file, id] of ids.entries()) {
      const draw = drawFor(accountHex, cidOf(file));
      expect((await world.order(id)).verdict).toBe(draw < 0.4 ? 'take' : 'dice');
    }
    const moved = ids.filter((_, file) => drawFor(accountHex, cidOf(file)) >= 0.4);
    const basis = (await world.facts.find('revision'))?.basisId;
    expect((await decidedBy(world, ids)).filter((id) => id === basis)).toHaveLength(moved.length);
  });

  it('together with a changed rule reaches the orders of both', async () => {
    const [world, ids] = await decidedWorld(40);
    await world.setActiveNodes({ count: 400 });
    await world.bot.task.round(signal);
    const other = await world.add({ cid: cidOf('other'), ...paid, status: 'waiting', verdict: 'not-ours', draw: null });
    // Those the dice kept away are reached by their draws, the others by their verdict.
    await world.setActiveNodes({ count: 100 });
    const limits = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 40 };
    await world.restarted({ limits }).task.round(signal);
    for (const id of ids) expect((await world.order(id)).verdict).toBe('many-replicas');
    expect(await world.order(other)).toMatchObject({ verdict: 'not-ours', decidedBlock: null });
  });

  it('below 2 % touches nothing until a day has passed', async () => {
    const [world] = await decidedWorld(3);
    const revision = await world.facts.find('revision');
    await world.setActiveNodes({ count: 101 });
    await world.bot.task.round(signal);
    expect(await world.facts.find('revision')).toEqual(revision);
    await world.setHead(headBlock + 14_400);
    await world.bot.task.round(signal);
    expect(await world.facts.find('node-count-in-use')).toEqual({ count: 101, sinceBlock: headBlock + 14_400 });
    expect((await world.facts.find('revision'))?.basisId).not.toBe(revision?.basisId);
  });
});

describe('a changed configuration', () => {
  it('of weights alone changes no verdict', async () => {
    const [world, ids] = await decidedWorld(5);
    const before = await decidedBy(world, ids);
    await world.restarted({ weights: { dbFilesWeight: 0, newFilesWeight: 100 } }).task.round(signal);
    expect(await decidedBy(world, ids)).toEqual(before);
    expect(await world.facts.find('revision')).toMatchObject({ done: true, fromRule: null });
  });

  it('of the limits reaches the orders that passed the rules before them, and no others', async () => {
    const [world, ids] = await decidedWorld(8);
    const dice = await world.add({ cid: cidOf('dice'), ...paid, status: 'waiting', verdict: 'dice', draw: 0.999 });
    const limits = { minFileSizeBytes: 2000, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 0 };
    await world.restarted({ limits }).task.round(signal);
    for (const id of ids) expect(await world.order(id)).toMatchObject({ status: 'waiting', verdict: 'too-small' });
    expect(await world.order(dice)).toMatchObject({ verdict: 'dice', decidedBlock: null });
  });

  it('of a list reaches every order, and is taken back with it', async () => {
    const [world, ids] = await decidedWorld(4);
    world.deny.list = listOf({ cids: new Set([cidOf(2)]) });
    await world.bot.task.round(signal);
    expect(await world.order(ids[2] ?? 0)).toMatchObject({ status: 'waiting', verdict: 'denied' });
    world.deny.list = listOf({ cids: new Set([cidOf(3)]) });
    await world.bot.task.round(signal);
    expect(await world.order(ids[2] ?? 0)).toMatchObject({ status: 'queued', verdict: 'take' });
    expect(await world.order(ids[3] ?? 0)).toMatchObject({ status: 'waiting', verdict: 'denied' });
  });

  it('leaves pulling and handled orders alone', async () => {
    const [world, ids] = await decidedWorld(2);
    await world.set(ids[0] ?? 0, { status: 'pulling' });
    await world.set(ids[1] ?? 0, { status: 'handled' });
    world.deny.list = listOf({ cids: new Set([cidOf(0), cidOf(1)]) });
    await world.bot.task.round(signal);
    expect((await world.order(ids[0] ?? 0)).status).toBe('pulling');
    expect((await world.order(ids[1] ?? 0)).status).toBe('handled');
  });

  it('leaves an order of a pick verdict to its look', async () => {
    const [world, ids] = await decidedWorld(1);
    const id = ids[0] ?? 0;
    await world.set(id, { status: 'waiting', verdict: 'no-space', look_block: headBlock + 9 });
    world.deny.list = listOf({ cids: new Set([cidOf(0)]) });
    await world.bot.task.round(signal);
    expect(await world.order(id)).toMatchObject({ verdict: 'no-space' });
    await world.setHead(headBlock + 9);
    await world.bot.looks.round(signal);
    expect(await world.order(id)).toMatchObject({ verdict: 'denied' });
  });

  it('keeps the looks of orders whose verdict stays', async () => {
    const limits = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 60, maxReplicas: 0 };
    const [world, ids] = await decidedWorld(1, { limits });
    const id = ids[0] ?? 0;
    await world.set(id, { look_block: headBlock + 2000, look_count: 3 });
    await world.restarted({ limits: { ...limits, minReplicas: 70 } }).task.round(signal);
    expect(await world.order(id)).toMatchObject({ verdict: 'few-replicas', lookBlock: headBlock + 2000, lookCount: 3 });
  });
});

describe('a revision', () => {
  it('goes on where the process before it ended, and with what that one left', async () => {
    const [world, ids] = await decidedWorld(6);
    world.deny.list = listOf({ cids: new Set([cidOf(0), cidOf(5)]) });
    // The basis is adopted, and the process ends before any slice.
    await world.bot.keeper.ground();
    expect(await world.facts.find('revision')).toMatchObject({ done: false, fromRule: 'denied' });
    const limits = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 50 };
    await world.restarted({ limits }).task.round(signal);
    const verdicts = await Promise.all(ids.map(async (id) => (await world.order(id)).verdict));
    expect(verdicts).toEqual(['denied', ...Array.from({ length: 4 }, () => 'many-replicas'), 'denied']);
  });

  it('does a slice once more when another room wrote a row of it meanwhile', async () => {
    const [world, ids] = await decidedWorld(2);
    world.deny.list = listOf({ cids: new Set([cidOf(0), cidOf(1)]) });
    const ground = await world.bot.keeper.ground();
    if (typeof ground === 'string') throw new Error(ground);
    let interrupted = false;
    const judge: Pick<Judge, 'changes' | 'write'> = {
      changes: async (...args) => await world.bot.judge.changes(...args),
      write: async (...args) => {
        // As a walk does that reads an unchanged order.
        if (!interrupted) await world.set(ids[0] ?? 0, { read_block: headBlock });
        interrupted = true;
        return await world.bot.judge.write(...args);
      },
    };
    const walk = new RevisionWalk({ database: world.database, facts: world.facts, judge });
    expect(await walk.slice(ground)).toBe(true);
    expect(await world.order(ids[0] ?? 0)).toMatchObject({ verdict: 'take' });
    expect(await walk.slice(ground)).toBe(false);
    for (const id of ids) expect(await world.order(id)).toMatchObject({ verdict: 'denied' });
  });

  it('of more orders than a slice takes leaves none out, and ends, whichever process does which slice', async () => {
    const [world, ids] = await decidedWorld(2500);
    world.deny.list = listOf({ cids: new Set(ids.map((_, file) => cidOf(file))) });
    const ground = await world.bot.keeper.ground();
    if (typeof ground === 'string') throw new Error(ground);
    const parts = { database: world.database, facts: world.facts, judge: world.bot.judge };
    expect(await new RevisionWalk(parts).slice(ground)).toBe(true);
    const denied = async (): Promise<number> => {
      const rows = await world.database.read(
        async (reader) => await reader('file_record').where({ verdict: 'denied' }).select('id'),
      );
      return rows.length;
    };
    expect(await denied()).toBe(1000);
    expect(await world.facts.find('revision')).toMatchObject({ done: false, afterId: ids[999] });
    const walk = new RevisionWalk(parts);
    while (await walk.slice(ground));
    expect(await denied()).toBe(2500);
    expect(await world.facts.find('revision')).toMatchObject({ done: true });
  });

  it('decides by what a row says now, not by what was read ahead of its turn', async () => {
    const [world, ids] = await decidedWorld(2100);
    const limits = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 60 };
    const bot = world.restarted({ limits });
    const ground = await bot.keeper.ground();
    if (typeof ground === 'string') throw new Error(ground);
    const walk = new RevisionWalk({ database: world.database, facts: world.facts, judge: bot.judge });
    expect(await walk.slice(ground)).toBe(true);
    // The slice behind was read with 50 replicas; a newer read of the chain brings 70.
    const last = ids.at(1500) ?? 0;
    await world.set(last, { replicas: 70, read_block: headBlock + 1, revise: 1 });
    while (await walk.slice(ground));
    await bot.task.round(signal);
    expect(await world.order(last)).toMatchObject({ verdict: 'many-replicas', revise: false });
  });

  it('that ended writes nothing when the next process starts', async () => {
    const [world] = await decidedWorld(3);
    const before = await world.writes();
    const bot = world.restarted();
    await bot.task.round(signal);
    await bot.task.round(signal);
    await bot.looks.round(signal);
    expect((await world.writes()) - before).toBeLessThanOrEqual(1);
  });

  it('to and fro between two bases ends at the right one', async () => {
    const [world, ids] = await decidedWorld(30);
    const group = async (members: string[], ownIndex: number): Promise<void> =>
      await world.setGroup({ members, ownIndex });
    await group(['cTA', 'cTB'], 1);
    await world.bot.task.round(signal);
    const wanted = await Promise.all(ids.map(async (id) => (await world.order(id)).verdict));
    await group(['cTA', 'cTB', 'cTC'], 1);
    await world.bot.task.round(signal);
    await group(['cTA', 'cTB'], 1);
    await world.bot.task.round(signal);
    expect(await Promise.all(ids.map(async (id) => (await world.order(id)).verdict))).toEqual(wanted);
  });
});

describe('writing verdicts', () => {
  it('leaves a row alone that somebody changed since it was read', async () => {
    const world = await decideWorld();
    const changes: Record<string, string | number>[] = [
      { status: 'closed' },
      { read_block: headBlock },
      { revise: 1 },
      { success_block: headBlock - 3 },
      { look_block: headBlock + 3 },
    ];
    const ids = await Promise.all(changes.map(async (_, index) => await world.add({ cid: cidOf(index) })));
    const untouched = await world.add({ cid: cidOf('untouched') });
    const ground = await world.bot.keeper.ground();
    if (typeof ground === 'string') throw new Error(ground);
    const orders = await world.database.read(async (reader) => await listUndecided(reader, 100));
    const standings = await world.bot.judge.changes(orders, 'first', ground);
    expect(standings).toHaveLength(6);
    for (const [index, id] of ids.entries()) await world.set(id, changes[index] ?? {});
    const written = await world.database.write('bulk', async (tx) => await writeStandings(tx, standings, ground));
    expect(written).toBe(1);
    expect((await world.order(untouched)).status).toBe('queued');
    for (const id of ids) expect((await world.order(id)).verdict).toBeNull();
  });

  it('writes none that rest on a basis which is no longer the present one', async () => {
    const world = await decideWorld();
    const id = await world.add({ cid: cidOf('a') });
    const ground = await world.bot.keeper.ground();
    if (typeof ground === 'string') throw new Error(ground);
    const orders = await world.database.read(async (reader) => await listUndecided(reader, 100));
    const standings = await world.bot.judge.changes(orders, 'first', ground);
    await world.setGroup({ members: ['cTA', 'cTB'], ownIndex: 0 });
    await world.bot.keeper.ground();
    expect(await world.bot.judge.write(standings, ground)).toBe(0);
    expect((await world.order(id)).status).toBe('new');
  });

  it.each([
    ['the verdict alone', {}],
    ['a draw', { draw: 0.25 }],
    ['a look', { lookBlock: headBlock + 7, lookCount: 2 }],
    ['status, class and turn', { status: 'queued', orderClass: 'db', turnBlock: headBlock + 5 } as const],
  ])('brings all of a change to the row when it is %s', async (_what, differs) => {
    const [world, ids] = await decidedWorld(1);
    await world.set(ids[0] ?? 0, {
      status: 'waiting',
      verdict: 'not-ours',
      class: 'new',
      draw: null,
      turn_block: headBlock + 9,
    });
    const ground = await world.bot.keeper.ground();
    if (typeof ground === 'string') throw new Error(ground);
    const [order] = await world.database.read(async (reader) => await listStanding(reader, ids));
    if (order === undefined) throw new Error('no order');
    const next = { ...order, verdict: 'dice', inputs: '{"a":1}', ...differs } as const;
    const by = { ...ground, headBlock: headBlock + 1 };
    await world.database.write('bulk', async (tx) => await writeStandings(tx, [{ order, next }], by));
    const { status, orderClass, lookBlock, lookCount, turnBlock, draw, revise } = next;
    expect(await world.order(ids[0] ?? 0)).toMatchObject({
      verdict: 'dice',
      verdictInputs: { a: 1 },
      basisId: ground.basisId,
      decidedBlock: headBlock + 1,
      status,
      orderClass,
      lookBlock,
      lookCount,
      turnBlock,
      draw,
      revise,
    });
  });

  it('keeps every draw to its last bit', async () => {
    const [world, ids] = await decidedWorld(40);
    for (const [file, id] of ids.entries()) {
      expect((await world.order(id)).draw).toBe(drawFor(accountHex, cidOf(file)));
    }
  });
});
