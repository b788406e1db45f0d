import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/clients/chain/ask.ts';
import { WorkloadReader } from '../../../src/chain/workload-reader.ts';
import { WorkloadTask } from '../../../src/chain/workload-task.ts';
import { SmError } from '../../../src/domain/errors.ts';
import type { GroupTrouble, Workload } from '../../../src/domain/facts.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/units.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import { account, groupOwner } from '../../support/chain-room-world.ts';

let room: ChainRoom;

beforeEach(async () => {
  room = await ChainRoom.open();
});

afterEach(async () => {
  await room.close();
});

describe('chain time', () => {
  it('is the newest finalized block with its own timestamp and runtime', async () => {
    await room.round('chain-time');
    expect(await room.facts.find('chain-time')).toEqual({
      atBlock: 100,
      atMs: room.clock.nowMs(),
      blockTimestampMs: 600_000,
      specVersion: 25,
    });
    room.world.mine(2);
    await room.round('chain-time');
    expect(await room.facts.find('chain-time')).toMatchObject({ atBlock: 102 });
    expect(room.clock.sleptMs).toBe(6000);
  });

  it('waits for an end point that is syncing, without calling it an outage', async () => {
    room.world.syncing = true;
    await room.round('chain-time');
    expect(await room.facts.find('chain-time')).toBeUndefined();
    expect(room.conditions.list()).toMatchObject([{ name: 'outage:chain-time', kind: 'wait', blocksReady: true }]);
    room.world.syncing = false;
    await room.round('chain-time');
    expect(room.conditions.ready).toBe(true);
  });
});

describe('finality that stands still', () => {
  it('is said after ten minutes as a wait that leaves readiness alone, until a block becomes final', async () => {
    const task = room.task('chain-time');
    await room.roundOf(task);
    room.clock.ms += 10 * MINUTE_MS - 1;
    await room.roundOf(task);
    expect(room.conditions.list()).toEqual([]);
    room.clock.ms += 1;
    for (let round = 0; round < 3; round += 1) await room.roundOf(task);
    expect(room.conditions.list()).toMatchObject([{ name: 'chain-finality', kind: 'wait', blocksReady: false }]);
    expect(room.logger.lines).toMatchObject([{ level: 'warn', context: { endPoint: 'one', block: 100, minutes: 10 } }]);
    room.world.mine(1);
    await room.roundOf(task);
    expect(room.conditions.list()).toEqual([]);
    expect(room.logger.lines.at(-1)).toMatchObject({ level: 'info', context: { endPoint: 'one', block: 101 } });
  });

  it('has another end point asked, whose newer block counts', async () => {
    const { world } = room;
    const { endPoints, orders, events, facts } = world;
    const blocks = {
      ...world.blocks,
      syncState: async (ask: Ask) => ({
        value: { syncing: false, reason: null },
        endPoint: ask.avoid === 'one' ? 'two' : 'one',
      }),
      finalizedHead: async (ask: Ask) => {
        const { value } = await world.blocks.finalizedHead(ask);
        return { value: ask.only === 'two' ? value : { ...value, number: 100 }, endPoint: ask.only ?? 'one' };
      },
    };
    room.chain = { endPoints, blocks, orders, events, facts };
    const task = room.task('chain-time');
    await room.roundOf(task);
    world.mine(20);
    room.clock.ms += 10 * MINUTE_MS;
    await room.roundOf(task);
    expect(await room.facts.find('chain-time')).toMatchObject({ atBlock: 120 });
    expect(room.conditions.list()).toEqual([]);
  });
});

describe('the group', () => {
  it('is read with the block it was read at', async () => {
    await room.round('group');
    expect(await room.facts.find('group')).toEqual({
      owner: groupOwner,
      members: [account.address],
      ownIndex: 0,
      trouble: null,
      atBlock: 100,
      atMs: room.clock.nowMs(),
    });
    expect(room.clock.sleptMs).toBe(MINUTE_MS);
  });

  it('is not replaced by an older read', async () => {
    await room.round('group');
    await room.database.write('event', async (tx) => {
      const group = await room.facts.find('group', tx);
      if (group !== undefined) await room.facts.set(tx, 'group', { ...group, atBlock: 500 });
    });
    room.world.group = { owner: null, members: [], ownIndex: -1, trouble: 'no-group' };
    await room.round('group');
    expect(await room.facts.find('group')).toMatchObject({ atBlock: 500, owner: groupOwner });
    expect(room.conditions.ready).toBe(true);
  });

  it.each<GroupTrouble>(['no-identity', 'no-group', 'empty-group', 'not-a-member', 'is-owner'])(
    'says why nothing can be decided: %s',
    async (trouble) => {
      const task = room.task('group');
      room.world.group = { owner: null, members: [], ownIndex: -1, trouble };
      await room.roundOf(task);
      await room.roundOf(task);
      expect(room.conditions.list()).toMatchObject([
        { name: 'no-group', kind: 'wait', part: 'node', blocksReady: true },
      ]);
      expect(room.logger.lines.filter((line) => line.level === 'warn')).toHaveLength(1);
      room.world.group = { owner: groupOwner, members: [account.address], ownIndex: 0, trouble: null };
      await room.roundOf(task);
      expect(room.conditions.list()).toEqual([]);
    },
  );
});

describe('a fact that cannot be decoded', () => {
  it.each([
    ['chain-time', 'timestampMs'],
    ['group', 'readGroup'],
    ['active-nodes', 'countActiveNodes'],
  ] as const)('%s is waited for, another end point first, without an end to the process', async (name, call) => {
    const asked: (string | undefined)[] = [];
    room.world.before = (called, _block, ask) => {
      if (called === 'syncState') asked.push(ask.avoid);
      if (called === call) throw new SmError('CHAIN_UNDECODABLE', 'damaged', { endPoint: 'one' });
    };
    const task = room.task(name);
    await room.roundOf(task);
    await room.roundOf(task);
    expect(room.clock.sleptMs).toBe(MINUTE_MS);
    expect(asked).toEqual([undefined, 'one']);
    expect(room.conditions.list()).toMatchObject([
      { name: `chain-undecodable-${name}`, kind: 'wait', blocksReady: true },
    ]);
    room.world.before = () => undefined;
    await room.roundOf(task);
    expect(room.conditions.ready).toBe(true);
  });
});

describe('active nodes', () => {
  it('are counted every hour', async () => {
    await room.round('active-nodes');
    expect(await room.facts.find('active-nodes')).toMatchObject({ count: 10, atBlock: 100 });
    expect(room.clock.sleptMs).toBe(HOUR_MS);
  });

  it('of none hold every decision back, and are counted again sooner', async () => {
    room.world.activeNodes = 0;
    await room.round('active-nodes');
    expect(room.conditions.list()).toMatchObject([{ name: 'no-active-nodes', kind: 'wait' }]);
    expect(room.clock.sleptMs).toBe(10 * MINUTE_MS);
    room.world.activeNodes = 3;
    await room.round('active-nodes');
    expect(room.conditions.ready).toBe(true);
  });
});

describe('the workload', () => {
  const figures: Workload = {
    files: { lost: { num: 0, sizeBytes: 0 }, pending: { num: 0, sizeBytes: 0 }, valid: { num: 1, sizeBytes: 5 } },
    srd: {
      srdCompleteGib: 1,
      srdRemainingTaskGib: 0,
      diskAvailableForSrdGib: 1,
      diskAvailableGib: 9,
      diskVolumeGib: 10,
      sysDiskAvailableGib: 60,
      srdVolumeCount: 1,
    },
  };

  it('is kept with the newest block known, by the minute and on request', async () => {
    await room.round('chain-time');
    const reader = new WorkloadReader({
      ...room.parts,
      sworker: { workload: async () => await Promise.resolve(figures) },
    });
    await room.roundOf(new WorkloadTask({ ...room.parts, reader }));
    const fact = { ...figures, atBlock: 100, atMs: room.clock.nowMs() };
    expect(await room.facts.find('workload')).toEqual(fact);
    room.clock.ms += 1000;
    expect(await reader.refresh(AbortSignal.timeout(1000))).toEqual({ ...fact, atMs: fact.atMs + 1000 });
    expect(await room.facts.find('workload')).toMatchObject({ atMs: fact.atMs + 1000 });
  });

  it('leaves the last one standing while sWorker is away', async () => {
    const reader = new WorkloadReader({
      ...room.parts,
      sworker: { workload: async () => await Promise.reject(new SmError('SWORKER_UNREACHABLE', 'away')) },
    });
    await room.roundOf(new WorkloadTask({ ...room.parts, reader }));
    expect(await room.facts.find('workload')).toBeUndefined();
    expect(room.conditions.away('sworker')).toBe(true);
  });
});
