import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WalkTask } from '../../../../src/chain/walk/walk-task.ts';
import { SmError } from '../../../../src/domain/errors.ts';
import { DAY_BLOCKS, DAY_MS, HOUR_MS, SECOND_MS } from '../../../../src/domain/units.ts';
import { ChainRoom } from '../../../support/chain-room.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const orders = 6000;
let room: ChainRoom;

beforeEach(async () => {
  room = await ChainRoom.open();
  room.world.block((block) => {
    for (let index = 0; index < orders; index += 1) block.set(`cid-${index}`, { expiryBlock: 9_000_000, replicas: 4 });
  });
  await room.round('group');
  await roundAfter(0);
  await room.database.write('claim', async (tx) => {
    await tx('file_record').update({ status: 'waiting', verdict: 'dice', basis_id: null });
  });
  room.world.valuesRead.length = 0;
});

afterEach(async () => {
  await room.close();
});

/** A round of the walk, made anew as after a restart; returns how old the oldest reading was right before it. */
async function roundAfter(days: number): Promise<number> {
  room.world.mine(days * DAY_BLOCKS);
  const rows: { block: number | null }[] = await room.database.read(
    async (reader) => await reader.raw('SELECT MIN(read_block) AS block FROM file_record'),
  );
  await room.round('chain-time');
  await room.round('walk');
  return (room.world.head - (rows[0]?.block ?? room.world.head)) / DAY_BLOCKS;
}

/** The same, but a walk that begins in it ends when its first pages are written. */
async function brokenRoundAfter(days: number): Promise<number> {
  const write = room.walks.step.bind(room.walks);
  let steps = 0;
  const step = vi.spyOn(room.walks, 'step').mockImplementation(async (tx, each) => {
    steps += each.atBlock === room.world.head ? 1 : 0;
    if (steps > 1) throw new SmError('CHAIN_UNREACHABLE', 'away');
    await write(tx, each);
  });
  try {
    return await roundAfter(days);
  } finally {
    step.mockRestore();
  }
}

async function completeId(): Promise<number | undefined> {
  return (await room.walks.findLastComplete())?.id;
}

describe('every order is read within the refresh period', () => {
  it('while walks are days apart', async () => {
    for (let walk = 2; walk <= 14; walk += 1) {
      expect(await roundAfter(2.9)).toBeLessThanOrEqual(7);
      expect(await completeId()).toBe(walk);
    }
    expect(room.world.valuesRead.length / 13).toBeLessThan(orders);
  });

  it('while walks take days', async () => {
    const ages = [await brokenRoundAfter(1)];
    for (let walk = 2; walk <= 14; walk += 1) {
      const running = await room.walks.findRunning();
      expect(running?.id).toBe(walk);
      expect(running?.orders).toBeGreaterThan(0);
      ages.push(await brokenRoundAfter(2.2));
      expect(await completeId()).toBe(walk);
    }
    expect(Math.max(...ages.slice(4))).toBeLessThanOrEqual(7);
  });

  it('when walks that were begun are given up', async () => {
    const ages: number[] = [];
    for (let day = 0; day < 14; day += 1) {
      ages.push(await brokenRoundAfter(1.2));
      const walk = await room.walks.findRunning();
      expect(walk?.orders).toBeGreaterThan(0);
      await room.database.write('bulk', async (tx) => {
        await room.walks.end(tx, walk?.id ?? 0, { status: 'abandoned', suspect: false, endedMs: 0 });
      });
      ages.push(await roundAfter(1.3));
      expect(await completeId()).toBe(walk === undefined ? 0 : walk.id + 1);
    }
    expect(Math.max(...ages.slice(4))).toBeLessThanOrEqual(7);
  });

  it('also when walks are slowed down: how long they will take is known beforehand', async () => {
    for (let day = 1; day <= 3; day += 1) await roundAfter(1);
    const days = 2.5;
    room.maxOrdersPerSecond = (orders * SECOND_MS) / (days * DAY_MS);
    room.world.valuesRead.length = 0;
    room.world.mine(DAY_BLOCKS);
    await room.round('chain-time');
    const clock = new ManualClock();
    const control = new AbortController();
    const running = new WalkTask({ ...room.parts, clock }).run(control.signal);
    while ((await completeId()) !== 5) await clock.advance(HOUR_MS);
    control.abort();
    await running;
    const [oldest]: { block: number }[] = await room.database.read(
      async (reader) => await reader.raw('SELECT MIN(read_block) AS block FROM file_record'),
    );
    expect((room.world.head - (oldest?.block ?? 0)) / DAY_BLOCKS + 2 * days).toBeLessThanOrEqual(7);
  });
});
