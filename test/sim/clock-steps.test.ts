import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/domain/units.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

const yearMs = 365 * DAY_MS;
const graceBlocks = 60;
const dayBlocks = 1440;
const minuteMs = 60_000;

interface Busy {
  readonly world: SimWorld;
  readonly held: string;
  /** Its close is confirmed, and its grace runs. */
  readonly closing: string;
  readonly pulling: string;
}

/** A bot with a file held, one that waits for its grace, and one that is being pulled. */
async function busy(): Promise<Busy> {
  const world = await newWorld({
    rules: { ...quickRules, fileDurationBlocks: 80 },
    config: { cleanup: { graceHours: graceBlocks / 600 } },
  });
  const [held, closing] = [world.order({ cid: world.cids.ours() }), world.order({ cid: world.cids.ours() })];
  world.startBot();
  const expiry = async (): Promise<number> => {
    const [row] = await world.rows<{ block: number }>(
      'SELECT expiry_block AS block FROM file_record WHERE cid = ?',
      closing,
    );
    return row?.block ?? 0;
  };
  await world.runUntil('one has expired', async () => (await expiry()) > 0 && world.head >= (await expiry()), 300);
  world.order({ cid: held });
  world.calculate(closing);
  const cid = world.cids.ours();
  const pulling = world.order({ cid, sizeBytes: 12_000_000, file: { bytesPerSecond: 20_000 } });
  await world.runUntil('the close is confirmed', async () => (await world.statusOf(closing)) === 'closed', 40);
  expect(world.watch.pulling).toEqual([pulling]);
  return { world, held, closing, pulling };
}

async function takesNewOrders(world: SimWorld): Promise<void> {
  const cid = world.order({ cid: world.cids.ours() });
  await world.runUntil('a new order is taken', async () => (await world.statusOf(cid)) === 'handled', 25);
}

/** Nothing was let go of but what closed, nothing pulled twice, and the process never ended. */
async function expectWell({ world, held, closing, pulling }: Busy): Promise<void> {
  await world.runUntil('the slow pull is through', async () => (await world.statusOf(pulling)) === 'handled', 150);
  await world.runUntil('the grace is over', () => world.watch.deletions.length > 0, graceBlocks + 20);
  await world.run(15);
  expect([...new Set(world.watch.lettingGo.map(({ cid }) => cid))]).toEqual([closing]);
  expect(world.sworker.files.find(held)?.state).toBe('valid');
  expect(world.watch.pullsBegun.get(pulling)).toBe(1);
  expect(world.endings).toEqual([]);
  expect(world.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect(await world.broken({ isSettled: true })).toEqual([]);
}

describe('The clock of the machine is stepped', () => {
  test.each([
    ['an hour ahead', HOUR_MS],
    ['an hour back', -HOUR_MS],
    ['a year ahead', yearMs],
    ['a year back', -yearMs],
  ])('by %s, and right again later: pulls, graces and new orders go on', async (_, byMs) => {
    const scene = await busy();
    const { world, closing } = scene;
    const [{ due_block: dueBlock } = { due_block: 0 }] = await world.rows<{ due_block: number }>(
      'SELECT due_block FROM cleanup_record WHERE cid = ?',
      closing,
    );
    world.clock.stepWall(byMs);
    await takesNewOrders(world);
    expect(world.watch.deletions.length === 0 || world.head >= dueBlock).toBe(true);
    await world.run(20);
    world.clock.stepWall(-byMs);
    await takesNewOrders(world);
    await expectWell(scene);
  });

  test.each([
    ['a year ahead', yearMs],
    ['a year back', -yearMs],
  ])('by %s while no bot runs: the next one starts as ever, with facts of another time', async (_, byMs) => {
    const world = await newWorld();
    const held = world.order({ cid: world.cids.ours() });
    world.startBot();
    await world.runUntil('sealed', async () => (await world.statusOf(held)) === 'handled', 25);
    expect(await world.stopBot()).toBe(0);
    world.clock.stepWall(byMs);
    world.startBot();
    await takesNewOrders(world);
    await world.run(15);
    expect(world.watch.lettingGo).toEqual([]);
    expect(world.endings).toMatchObject([{ exitCode: 0, isAsked: true }]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
    expect(await world.stopBot()).toBe(0);
  });
});

describe('The machine is suspended for a day', () => {
  test.each([
    {
      what: 'as a stopped process: its timers come late, all at once',
      pass: async (world: SimWorld) => await world.leapMs(DAY_MS),
    },
    {
      what: 'as a sleeping machine: only the clock on the wall went on',
      pass: async (world: SimWorld) => {
        world.chain.advance(dayBlocks);
        world.clock.stepWall(DAY_MS);
      },
    },
  ])('$what: it catches up, deletes nothing that lives and takes new orders', async ({ pass }) => {
    const world = await newWorld({ blockMs: minuteMs, keepBlocks: 400 });
    const held = [world.order({ cid: world.cids.ours() }), world.order({ cid: world.cids.ours() })];
    world.startBot();
    await world.runUntil(
      'sealed',
      async () => [...(await world.statuses()).values()].every((status) => status === 'handled'),
      25,
    );
    const missed = world.order({ cid: world.cids.ours() });
    await pass(world);
    await world.runUntil('what was missed is taken', async () => (await world.statusOf(missed)) === 'handled', 60);
    await takesNewOrders(world);
    await world.run(60);
    for (const cid of held) expect(world.sworker.files.find(cid)?.state).toBe('valid');
    expect(world.watch.lettingGo).toEqual([]);
    expect([...world.watch.pullsBegun.values()].every((pulls) => pulls === 1)).toBe(true);
    expect(world.endings).toEqual([]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
    expect(await world.stopBot()).toBe(0);
  });
});
