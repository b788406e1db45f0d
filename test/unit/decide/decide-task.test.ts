import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { OrderListSource } from '../../../src/config/lists.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { rederive } from '../../../src/decide/rederive.ts';
import { DecisionBases } from '../../../src/store/decision-bases.ts';
import { clearMarks } from '../../../src/store/order-decisions.ts';
import { accountId } from '../../../src/store/order-row.ts';
import { settle } from '../../support/manual-clock.ts';
import { tempDir } from '../../support/temp-dir.ts';
import {
  cidOf,
  decideWorld,
  groupOwner,
  headBlock,
  listOf,
  signal,
  type DecideWorld,
} from '../../support/decide-world.ts';

const paid = { expiry_block: headBlock + 2_000_000, replicas: 50 };

async function verdicts(world: DecideWorld, ids: readonly number[]): Promise<string[]> {
  const orders = await Promise.all(ids.map(async (id) => await world.order(id)));
  return orders.map((order) => `${order.status} ${order.verdict ?? '-'}`);
}

describe('new orders', () => {
  it('get their verdict, its inputs, block and basis', async () => {
    const world = await decideWorld({
      limits: { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 40, maxReplicas: 100 },
    });
    const taken = await world.add({ cid: cidOf('a') });
    const bad = await world.add({ cid: 'rubbish' });
    const few = await world.add({ cid: cidOf('b'), ...paid, replicas: 3 });
    await world.bot.task.round(signal);
    expect(await verdicts(world, [taken, bad, few])).toEqual([
      'queued take',
      'waiting bad-cid',
      'waiting few-replicas',
    ]);
    expect(await world.order(few)).toMatchObject({
      orderClass: 'db',
      verdictInputs: { replicas: 3 },
      decidedBlock: headBlock,
      lookBlock: headBlock + 300,
      lookCount: 0,
      turnBlock: headBlock + 432_000,
      revise: false,
    });
    expect((await world.order(few)).draw).toBeTypeOf('number');
    expect((await world.order(bad)).verdictInputs).toEqual({ reason: 'not-a-cid' });
  });

  it('are decided in one round however many they are', async () => {
    const world = await decideWorld();
    await world.database.write('bulk', async (tx) => {
      for (let file = 0; file < 700; file++) {
        await tx('file_record').insert({
          key_position: 1000 + file,
          cid: cidOf(file),
          seen: 1,
          size_bytes: 1,
          reward_pico: '0',
          calculated_block: headBlock,
          expiry_block: 0,
          replicas: 0,
          group_hold: 0,
          read_block: 1,
          created_block: 1,
          class: 'new',
          status: 'new',
        });
      }
    });
    await world.bot.task.round(signal);
    const rows = await world.database.read(
      async (reader): Promise<{ status: string; n: number }[]> =>
        await reader.raw('SELECT status, COUNT(*) AS n FROM file_record GROUP BY status'),
    );
    expect(rows).toEqual([{ status: 'queued', n: 700 }]);
  });

  it('whose copy is being deleted stay undecided until that has ended', async () => {
    const world = await decideWorld();
    const cid = cidOf('back again');
    const id = await world.add({ cid });
    const cleanup = { cid, status: 'deleting', cause: 'event', seen_block: 1, created_ms: 0, updated_ms: 0 };
    await world.database.write('event', async (tx) => {
      await tx('cleanup_record').insert(cleanup);
    });
    await world.bot.task.round(signal);
    expect(await verdicts(world, [id])).toEqual(['new -']);
    await world.database.write('event', async (tx) => {
      await tx('cleanup_record').where({ cid }).update({ status: 'done' });
    });
    await world.bot.task.round(signal);
    expect(await verdicts(world, [id])).toEqual(['queued take']);
  });

  it('of the own entry in the map are taken only when no copy is held here', async () => {
    const world = await decideWorld();
    const held = await world.add({ cid: cidOf('held'), ...paid, group_hold: 2, group_owner: groupOwner });
    const gone = await world.add({ cid: cidOf('gone'), ...paid, group_hold: 2, group_owner: groupOwner });
    await world.database.write('event', async (tx) => {
      const pin = { size_bytes: 1, cause: 'found', started_ms: 0, started_block: 1, updated_ms: 0 };
      await tx('pin_record').insert({ ...pin, cid: cidOf('held'), status: 'lost' });
      await tx('pin_record').insert({ ...pin, cid: cidOf('gone'), status: 'removed' });
    });
    await world.bot.task.round(signal);
    expect(await verdicts(world, [held, gone])).toEqual(['waiting group-has-it', 'queued take']);
    expect((await world.order(held)).verdictInputs).toEqual({ groupHold: 2, heldHere: true });
  });

  it('are the only statuses besides waiting and queued that a verdict binds', async () => {
    const world = await decideWorld();
    const statuses = ['pulling', 'handled', 'failed', 'closed'];
    const ids = await Promise.all(
      statuses.map(async (status) => await world.add({ cid: cidOf(status), status, revise: 1, turn_block: 1 })),
    );
    await world.bot.task.round(signal);
    await world.bot.looks.round(signal);
    expect(await verdicts(world, ids)).toEqual(statuses.map((status) => `${status} -`));
    const marks = await Promise.all(ids.map(async (id) => (await world.order(id)).revise));
    expect(marks).toEqual([true, false, false, false]);
  });
});

describe('without the facts', () => {
  it.each<[string, (world: DecideWorld) => Promise<void> | void, RegExp]>([
    ['the group is in trouble', async (world) => await world.setGroup({ trouble: 'no-group' }), /in no group/],
    ['the group is old', async (world) => await world.setGroup({ atMs: world.clock.nowMs() - 601_000 }), /10 minutes/],
    [
      'active nodes are old',
      async (world) => await world.setActiveNodes({ atMs: world.clock.nowMs() - 21_601_000 }),
      /6 hours/,
    ],
    ['no node is active', async (world) => await world.setActiveNodes({ count: 0 }), /no active node/],
    [
      'what is held is not known',
      (world) => {
        world.gate.heldFilesKnown = false;
      },
      /sWorker holds/,
    ],
  ])('nothing is decided: %s', async (_name, spoil, message) => {
    const world = await decideWorld();
    const id = await world.add({ cid: cidOf('a') });
    const due = await world.add({ cid: cidOf('b'), status: 'waiting', verdict: 'dice', turn_block: 5 });
    await spoil(world);
    await world.bot.task.round(signal);
    await world.bot.looks.round(signal);
    expect(await verdicts(world, [id, due])).toEqual(['new -', 'waiting dice']);
    expect(world.asked).toEqual([]);
    expect(await world.bot.judge.verdictOf(id, { heldHere: false })).toBeUndefined();
    const [condition] = world.conditions.list();
    // What is held is read at every start: that alone is no reason not to be ready.
    const blocksReady = world.gate.heldFilesKnown;
    expect(condition).toMatchObject({ name: 'undecided', kind: 'wait', blocksReady });
    expect(condition?.message).toMatch(message);
  });

  it('begins by itself when they are there', async () => {
    const world = await decideWorld();
    const id = await world.add({ cid: cidOf('a') });
    await world.setGroup({ trouble: 'no-identity' });
    await world.bot.task.round(signal);
    await world.setGroup({});
    await world.bot.task.round(signal);
    expect(world.conditions.ready).toBe(true);
    expect(await verdicts(world, [id])).toEqual(['queued take']);
  });
});

describe('marked orders', () => {
  it('are decided where they stand and only what changed is written', async () => {
    const world = await decideWorld();
    const columns = { status: 'queued', verdict: 'take', look_block: headBlock + 50, attempts: 2, revise: 1 };
    const still = await world.add({ cid: cidOf('still'), ...columns });
    const lost = await world.add({ cid: cidOf('lost'), ...columns, replicas: 200, expiry_block: headBlock + 9e6 });
    await world.bot.task.round(signal);
    expect(await world.order(still)).toMatchObject({
      status: 'queued',
      lookBlock: headBlock + 50,
      attempts: 2,
      revise: false,
    });
    expect(await world.order(lost)).toMatchObject({ status: 'waiting', verdict: 'many-replicas', lookBlock: null });
  });

  it('of a pick verdict wait for their look', async () => {
    const world = await decideWorld();
    const id = await world.add({
      cid: cidOf('a'),
      status: 'waiting',
      verdict: 'no-space',
      look_block: headBlock + 10,
      revise: 1,
      replicas: 200,
      expiry_block: headBlock + 9e6,
    });
    await world.bot.task.round(signal);
    expect(await world.order(id)).toMatchObject({ status: 'waiting', verdict: 'no-space', revise: false });
    await world.setHead(headBlock + 10);
    await world.bot.looks.round(signal);
    expect(await verdicts(world, [id])).toEqual(['waiting many-replicas']);
  });
});

describe('a mark', () => {
  it('is not taken off an order that left the hands of the pick meanwhile', async () => {
    const world = await decideWorld();
    const aside = { verdict: 'no-space', look_block: headBlock + 10, revise: 1 };
    const waits = await world.add({ cid: cidOf('a'), status: 'waiting', ...aside });
    const moved = await world.add({ cid: cidOf('b'), status: 'queued', ...aside, verdict: 'take' });
    await world.database.write('bulk', async (tx) => await clearMarks(tx, [waits, moved]));
    expect(await world.order(waits)).toMatchObject({ revise: false });
    expect(await world.order(moved)).toMatchObject({ revise: true });
  });
});

describe('the lists', () => {
  it('deny by every owner and memo that is known', async () => {
    const world = await decideWorld();
    const ids = await Promise.all(['a', 'b', 'c'].map(async (name) => await world.add({ cid: cidOf(name) })));
    await world.database.write('event', async (tx) => {
      const [ann, bob] = [await accountId(tx, 'cTAnn'), await accountId(tx, 'cTBob')];
      await tx('file_owner').insert({ file_id: ids[0], account_id: ann, memo: null });
      await tx('file_owner').insert({ file_id: ids[0], account_id: bob, memo: null });
      await tx('file_owner').insert({ file_id: ids[1], account_id: ann, memo: Buffer.from('spam: x') });
    });
    world.deny.list = listOf({ owners: new Set(['cTBob']), memoPrefixes: ['spam'] });
    await world.bot.task.round(signal);
    expect(await verdicts(world, ids)).toEqual(['waiting denied', 'waiting denied', 'queued take']);
    expect((await world.order(ids[1] ?? 0)).verdictInputs).toEqual({ list: 'deny', by: 'memo', entry: 'spam' });
  });

  it('that cannot be read any more stay in force until they can, and a person is told once', async () => {
    const world = await decideWorld();
    world.deny.list = listOf({ cids: new Set([cidOf('a')]) });
    await world.bot.task.round(signal);
    world.deny.fails = new SmError('CONFIG_INVALID', 'the list is gone');
    const id = await world.add({ cid: cidOf('a') });
    for (let round = 0; round < 3; round++) {
      await world.bot.task.round(signal);
      expect(world.conditions.list()).toMatchObject([{ name: 'list-files', blocksReady: false }]);
    }
    expect(await verdicts(world, [id])).toEqual(['waiting denied']);
    expect(world.logger.lines.filter((line) => line.level === 'warn')).toHaveLength(1);
    world.deny.fails = undefined;
    await world.bot.task.round(signal);
    expect(world.conditions.list()).toEqual([]);
  });

  it('are not read again while none of them has changed, be both refused', async () => {
    const world = await decideWorld();
    await world.bot.task.round(signal);
    world.deny.fails = new SmError('CONFIG_INVALID', 'no entry');
    world.allow.fails = new SmError('CONFIG_INVALID', 'no entry either');
    for (let round = 0; round < 3; round++) await world.bot.task.round(signal);
    expect([world.deny.loads, world.allow.loads]).toEqual([2, 2]);
  });

  it('of files are both those of before while one is refused, and both the new ones afterwards', async () => {
    const world = await decideWorld();
    const dir = await tempDir();
    const [deny, allow] = [path.join(dir, 'deny.txt'), path.join(dir, 'allow.txt')];
    const source = (file: string) => new OrderListSource({ cids: [], owners: [], memoPrefixes: [], files: [file] });
    await writeFile(deny, '');
    await writeFile(allow, `${cidOf('a')}\n${cidOf('b')}\n`);
    const bot = world.restarted({}, { deny: source(deny), allow: source(allow) });
    await bot.task.round(signal);
    const standing = () => world.conditions.list().map(({ name }) => name);

    await writeFile(deny, `${cidOf('b')}\n`);
    await writeFile(allow, `${cidOf('a')}\n${cidOf('b')}\nno entry\n`);
    const ids = await Promise.all(['a', 'b', 'c'].map(async (name) => await world.add({ cid: cidOf(name) })));
    for (let round = 0; round < 2; round++) {
      await bot.task.round(signal);
      expect(standing()).toEqual(['list-files']);
    }
    expect(await verdicts(world, ids)).toEqual(['queued take', 'queued take', 'waiting denied']);

    await writeFile(allow, `${cidOf('a')}\n${cidOf('b')}\n${cidOf('c')}\n`);
    await bot.task.round(signal);
    expect(standing()).toEqual([]);
    expect(await verdicts(world, ids)).toEqual(['queued take', 'waiting denied', 'queued take']);
  });

  it('that cannot be read at the start refuse to run', async () => {
    const world = await decideWorld();
    world.deny.fails = new SmError('CONFIG_INVALID', 'no such file');
    await expect(world.bot.task.run(signal)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a stored verdict', () => {
  it('can be derived again from its row and its basis', async () => {
    const world = await decideWorld({
      limits: { minFileSizeBytes: 10, maxFileSizeBytes: 5000, minReplicas: 40, maxReplicas: 100 },
    });
    await world.setGroup({ members: ['cTA', 'cTB'], ownIndex: 1 });
    await world.setActiveNodes({ count: 1500 });
    world.deny.list = listOf({ cids: new Set([cidOf('row 0')]) });
    const ids: number[] = [];
    for (let file = 0; file < 120; file++) {
      const columns = {
        size_bytes: [5, 100, 6000, 0][file % 4] ?? 0,
        replicas: [0, 30, 50, 100][(file >> 1) % 4] ?? 0,
        expiry_block: [0, headBlock - 1, headBlock + 100_000, headBlock + 2_000_000][(file >> 2) % 4] ?? 0,
        success_block: file % 3 === 0 ? headBlock - 1000 : null,
        gone_count: file % 7 === 0 ? 2 : 0,
        group_hold: file % 5 === 0 ? 2 : 0,
        group_owner: file % 5 === 0 ? groupOwner : null,
        calculated_block: file % 2 === 0 ? headBlock - 200_000 : headBlock - 5,
      };
      ids.push(await world.add({ cid: file === 1 ? 'rubbish' : cidOf(`row ${file}`), ...columns }));
    }
    await world.bot.task.round(signal);
    const bases = new DecisionBases(world.database);
    const seen = new Set<string>();
    for (const id of ids) {
      const order = await world.order(id);
      const basis = await bases.find(order.basisId ?? 0);
      if (basis === undefined) throw new Error('the row has no basis');
      const again = rederive(order, basis);
      expect(again).toMatchObject({
        verdict: order.verdict,
        orderClass: order.orderClass,
        inputs: order.verdictInputs,
      });
      seen.add(order.verdict ?? '');
    }
    expect(seen.size).toBeGreaterThan(7);
  });
});

describe('the decide task', () => {
  it('rests between rounds, wakes when it is told to, and stops when it is asked to', async () => {
    const world = await decideWorld();
    const stop = new AbortController();
    const { task } = world.bot;
    const running = task.run(stop.signal);
    const rested = async (): Promise<void> => {
      while (world.clock.sleeping === 0) await settle();
    };
    await rested();
    const [first, second] = [await world.add({ cid: cidOf('a') }), await world.add({ cid: cidOf('b') })];
    expect(await verdicts(world, [first])).toEqual(['new -']);
    await world.clock.advance(2000);
    await rested();
    expect(await verdicts(world, [first, second])).toEqual(['queued take', 'queued take']);

    const third = await world.add({ cid: cidOf('c') });
    task.notify();
    await settle();
    await rested();
    expect(await verdicts(world, [third])).toEqual(['queued take']);
    stop.abort();
    await running;
    expect(world.clock.sleeping).toBe(0);
  });
});
