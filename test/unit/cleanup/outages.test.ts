import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';

const cid = cidOf('file');

/** A closed order whose file is about to go: whatever the stage, its next step needs the chain. */
async function aboutToGo(stage: 'seen' | 'confirmed'): Promise<HeldWorld> {
  const world = await heldWorld();
  await world.heldOrder(cid);
  await world.close(cid);
  await world.mine(10);
  if (stage === 'confirmed') await world.once(world.cleanup({ graceBlocks: 10 }));
  await world.mine(10);
  return world;
}

async function expectNothingDeleted(world: HeldWorld, status: string): Promise<void> {
  expect(world.deletions).toEqual([]);
  expect(world.sworker.files.find(cid)).toBeDefined();
  expect([...world.daemon.pins]).toEqual([cid]);
  expect(await world.pinRow(cid)).toMatchObject({ status: 'sealed' });
  expect(await world.cleanupRow(cid)).toMatchObject({ status });
}

const calls = ['syncState', 'finalizedHead', 'readOrders'] as const;
const failures = [
  'CHAIN_UNREACHABLE',
  'CHAIN_RPC_ERROR',
  'CHAIN_BAD_ANSWER',
  'CHAIN_STATE_PRUNED',
  'CHAIN_UNDECODABLE',
] as const;

describe('while the chain cannot be asked nothing is deleted', () => {
  for (const stage of ['seen', 'confirmed'] as const) {
    it.each(calls.flatMap((call) => failures.map((code) => [call, code] as const)))(
      `${stage}: %s fails with %s`,
      async (call, code) => {
        const world = await aboutToGo(stage);
        world.chain.before = (asked) => {
          if (asked === call) throw new SmError(code, 'failed');
        };
        const running = await world.start(world.cleanup({ graceBlocks: 0 }));
        await running.after(15_000);
        await expectNothingDeleted(world, stage);
        expect(world.conditions.list()).toMatchObject([{ name: 'outage:cleanup', part: 'chain' }]);
        world.chain.before = () => undefined;
        // What cannot be decoded is asked again every minute, the rest sooner.
        await running.after(60_000);
        expect(world.deletions).toEqual([cid]);
        expect(world.conditions.list()).toEqual([]);
      },
    );

    it(`${stage}: the node is syncing`, async () => {
      const world = await aboutToGo(stage);
      world.chain.syncing = true;
      const running = await world.start(world.cleanup({ graceBlocks: 0 }));
      await running.after(15_000);
      await expectNothingDeleted(world, stage);
      expect(world.conditions.list()).toMatchObject([{ kind: 'wait', part: 'chain' }]);
    });

    it(`${stage}: the node answers for another number of orders`, async () => {
      const world = await aboutToGo(stage);
      world.chain.readsOf = () => [];
      await world.once(world.cleanup({ graceBlocks: 0 }));
      await expectNothingDeleted(world, stage);
      expect(world.conditions.away('chain')).toBe(true);
    });
  }

  it('confirmed: the node is behind the block that was known', async () => {
    const world = await aboutToGo('confirmed');
    await world.database.write('event', async (tx) => {
      const atBlock = world.chain.head + 1;
      await world.facts.set(tx, 'chain-time', { atBlock, atMs: 0, blockTimestampMs: 0, specVersion: 25 });
    });
    const running = await world.start(world.cleanup());
    await expectNothingDeleted(world, 'confirmed');
    await world.mine(1);
    await running.after(10_000);
    expect(world.deletions).toEqual([cid]);
  });
});

describe('while sWorker, the daemon or the coordinator cannot be asked', () => {
  it.each(['process', 'enclave', 'exit'] as const)('an upgrade (%s) only delays the deletion', async (phase) => {
    const world = await aboutToGo('confirmed');
    world.sworker.upgrade = phase;
    const running = await world.start(world.cleanup());
    await expectNothingDeleted(world, 'confirmed');
    expect(world.conditions.list()).toMatchObject([{ kind: 'wait', part: 'sworker' }]);
    world.sworker.upgrade = 'none';
    await world.mine(100);
    await running.after(15_000);
    expect(world.deletions).toEqual([cid]);
  });

  it.each(['<html>', '{"status_code":404}', '[]', ''])('an answer that is none (%j) is not believed', async (text) => {
    const world = await aboutToGo('confirmed');
    world.transport.before = () => text;
    const running = await world.start(world.cleanup());
    await expectNothingDeleted(world, 'confirmed');
    world.transport.before = () => undefined;
    await world.mine(50);
    await running.after(15_000);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done', attempts: 0 });
  });

  it('a deletion whose answer was lost is finished by the next try', async () => {
    const world = await aboutToGo('confirmed');
    world.transport.after = (route) => {
      if (route === '/storage/delete') throw new Error('socket closed');
    };
    const running = await world.start(world.cleanup());
    expect(world.deletions).toEqual([cid]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
    world.transport.after = () => undefined;
    await world.mine(50);
    await running.after(15_000);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done' });
    expect(await world.pinRow(cid)).toMatchObject({ status: 'removed' });
  });

  it.each(['DISK_FULL', 'DISK_READ_ONLY', 'TOO_MANY_OPEN_FILES'] as const)(
    'a deletion whose end cannot be written down for %s is finished by the process that goes on',
    async (code) => {
      const world = await aboutToGo('confirmed');
      const { cleanups } = world;
      const [finish, putBack] = [cleanups.finish.bind(cleanups), cleanups.putBack.bind(cleanups)];
      const fails = async (): Promise<never> => {
        throw new SmError(code, 'nothing can be written');
      };
      Object.assign(cleanups, { finish: fails, putBack: fails });
      const running = await world.start(world.cleanup());
      await running.after(10_000);
      expect(world.deletions).toEqual([cid]);
      expect(world.conditions.list()).toMatchObject([{ name: 'outage:cleanup', part: 'disk', code }]);
      const { deleted_block: deletedBlock } = await world.cleanupRow(cid);
      Object.assign(cleanups, { finish, putBack });
      await running.after(10_000);
      expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done', deleted_block: deletedBlock });
      expect(await world.count('cleanup_record', { cid })).toBe(1);
      expect(await world.pinRow(cid)).toMatchObject({ status: 'removed' });
      expect(world.conditions.list()).toEqual([]);
    },
  );

  it('a pin that cannot be taken away keeps the cleanup open', async () => {
    const world = await aboutToGo('confirmed');
    world.daemon.before = () => {
      throw new SmError('IPFS_UNREACHABLE', 'connection refused');
    };
    const running = await world.start(world.cleanup());
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
    world.daemon.before = () => undefined;
    await world.mine(50);
    await running.after(15_000);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done' });
  });

  it('nothing goes without the coordinator', async () => {
    const world = await aboutToGo('confirmed');
    world.coordinator.before = () => {
      throw new SmError('COORDINATOR_UNREACHABLE', 'connection refused');
    };
    const running = await world.start(world.cleanup({ coordinator: true }));
    await expectNothingDeleted(world, 'confirmed');
    world.coordinator.before = () => undefined;
    await running.after(15_000);
    expect(world.coordinator.told).toEqual([cid]);
    expect(world.deletions).toEqual([cid]);
  });

  it('nothing goes before the coordinator has answered its ping once', async () => {
    const world = await aboutToGo('confirmed');
    world.coordinator.before = (call) => {
      if (call === 'ping') throw new SmError('COORDINATOR_BAD_ANSWER', 'HTTP 500');
    };
    const running = await world.start(world.cleanup({ coordinator: true }));
    await expectNothingDeleted(world, 'confirmed');
    expect(world.coordinator.told).toEqual([]);
    expect(world.conditions.list()).toMatchObject([{ kind: 'wait', part: 'coordinator' }]);
    world.coordinator.before = () => undefined;
    await running.after(15_000);
    expect(world.deletions).toEqual([cid]);
  });

  it('a defect ends the task', async () => {
    const world = await aboutToGo('confirmed');
    world.coordinator.before = () => {
      throw new TypeError('a defect');
    };
    await expect(world.once(world.cleanup({ coordinator: true }))).rejects.toThrow('a defect');
    await expectNothingDeleted(world, 'confirmed');
  });
});
