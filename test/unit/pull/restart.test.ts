import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { DAY_BLOCKS, MINUTE_MS } from '../../../src/domain/units.ts';
import { head, pullWorld } from '../../support/pull-world.ts';

describe('stopping', () => {
  it('ends every pull as interrupted, without an attempt and without waiting for time to pass', async () => {
    const world = await pullWorld();
    for (let index = 0; index < 30; index += 1) await world.add(`f${index}`);
    world.start();
    await world.until(() => world.ipfs.open.length === 30);
    const beforeMs = world.clock.monotonicMs();
    await world.stop();
    expect(world.clock.monotonicMs()).toBe(beforeMs);
    expect(world.clock.sleeping).toBe(0);
    expect(world.ipfs.open).toEqual([]);
    for (let index = 0; index < 30; index += 1) {
      expect(await world.order(`f${index}`)).toMatchObject({ status: 'queued', lookBlock: null, attempts: 0 });
      expect(await world.records(`f${index}`)).toMatchObject([{ status: 'interrupted', end_reason: 'stopped' }]);
    }
  });

  it('ends at once when sWorker hangs, and while an end cannot be written', async () => {
    const world = await pullWorld();
    const { pulls } = world.store;
    await world.add('a');
    world.start();
    await world.until(() => world.ipfs.open.length === 1);
    pulls.end = async () => {
      throw new SmError('DISK_FULL', 'the database answered SQLITE_FULL');
    };
    await world.stop();
    expect(await world.records('a')).toMatchObject([{ status: 'running' }]);
  });

  it('ends the process by an error that nobody understands, after its pulls have settled', async () => {
    const world = await pullWorld();
    for (const cid of ['a', 'b']) await world.add(cid);
    world.start();
    await world.until(() => world.ipfs.open.length === 2);
    world.sworker.fileInfo = async () => {
      throw new TypeError('a defect');
    };
    world.ipfs.call('a').pinned();
    await expect(world.ended()).rejects.toThrow('a defect');
    expect(world.ipfs.open).toEqual([]);
    expect(await world.order('b')).toMatchObject({ status: 'queued' });
  });
});

describe('starting again', () => {
  it('resumes the pulls that were running before all others', async () => {
    const world = await pullWorld();
    await world.add('poor', { status: 'pulling' });
    await world.addRecord('poor', { status: 'running' });
    await world.add('rich', { reward: 99 });
    world.start({ maxPendingTasks: 1 });
    await world.until(() => world.ipfs.open.length === 1);
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['poor']);
    expect((await world.records('poor')).map((record) => [record.status, record.end_reason])).toEqual([
      ['interrupted', 'killed'],
      ['running', null],
    ]);
    expect((await world.order('poor')).attempts).toBe(0);
  });

  it('takes a pull for sealed that sWorker has, and takes back nothing at the coordinator', async () => {
    const world = await pullWorld();
    for (const cid of ['sealed', 'lost']) {
      await world.add(cid, { status: 'pulling' });
      await world.addRecord(cid, { status: 'running' });
      world.coordinator.granted.add(cid);
      await world.database.write('claim', async (tx) => {
        await tx('coordinator_mark').insert({ cid, status: 'held', since_ms: 0 });
      });
    }
    world.sworker.hold('sealed');
    world.sworker.hold('lost', 'lost');
    world.start({}, { coordinator: true });
    await world.idle();
    expect(world.ipfs.calls).toEqual([]);
    expect(await world.records('sealed')).toMatchObject([{ status: 'sealed', cause: 'pull', end_reason: 'sealed' }]);
    expect(await world.records('lost')).toMatchObject([{ status: 'lost', cause: 'pull', end_reason: 'sealed' }]);
    for (const cid of ['sealed', 'lost']) expect((await world.order(cid)).status).toBe('handled');
    expect([...world.coordinator.granted]).toEqual(['sealed', 'lost']);
    expect(world.pinDoubts).toBe(1);
  });

  it('takes all pulls for interrupted when sWorker cannot be asked', async () => {
    const world = await pullWorld();
    await world.add('a', { status: 'pulling' });
    await world.addRecord('a', { status: 'running' });
    world.sworker.hold('a');
    world.sworker.isAway = true;
    world.start();
    await world.idle();
    expect(await world.records('a')).toMatchObject([{ status: 'interrupted', end_reason: 'killed' }]);
    expect((await world.order('a')).status).toBe('queued');
  });

  it('ends a record whose order is not pulling, and queues an order that nobody pulls', async () => {
    const world = await pullWorld();
    await world.add('closed', { status: 'closed' });
    await world.addRecord('closed', { status: 'running' });
    await world.add('alone', { status: 'pulling' });
    world.start();
    await world.idle();
    expect(await world.records('closed')).toMatchObject([{ status: 'interrupted' }]);
    expect((await world.order('closed')).status).toBe('closed');
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['alone']);
  });

  it('pulls an order again whose record names another', async () => {
    const world = await pullWorld();
    const other = await world.add('other', { status: 'closed' });
    await world.add('a', { status: 'pulling' });
    await world.addRecord('a', { status: 'running', order_id: other });
    world.start();
    await world.idle();
    expect(await world.records('a')).toMatchObject([{ status: 'interrupted' }, { status: 'running' }]);
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['a']);
  });

  it('does not resume from a source of weight 0', async () => {
    const world = await pullWorld();
    await world.add('db', { status: 'pulling', class: 'db' });
    await world.addRecord('db', { status: 'running' });
    world.start({ weights: { newFilesWeight: 1, dbFilesWeight: 0 } });
    await world.idle();
    expect(world.ipfs.calls).toEqual([]);
    expect((await world.order('db')).status).toBe('queued');
  });

  it('lets an order wait an hour after its fourth interruption in a day', async () => {
    const world = await pullWorld();
    await world.add('a', { status: 'pulling' });
    await world.addRecord('a', { end_reason: 'stopped', started_block: head - DAY_BLOCKS });
    for (let index = 0; index < 3; index += 1) await world.addRecord('a', { end_reason: 'stopped' });
    await world.addRecord('a', { status: 'running' });
    world.start();
    await world.idle();
    expect(await world.order('a')).toMatchObject({ status: 'queued', lookBlock: head + 600 });
  });

  it('pulls no CID twice at once over many kills at any moment', async () => {
    const world = await pullWorld();
    for (let index = 0; index < 12; index += 1) await world.add(`f${index}`);
    for (let kill = 0; kill < 8; kill += 1) {
      world.start({ maxPendingTasks: 6 }, { seed: kill });
      await world.until(() => world.ipfs.open.length >= 1);
      const [first] = world.ipfs.open;
      if (first !== undefined) world.sworker.hold(first.cid);
      first?.pinned();
      await world.stop();
      const running = await world.database.read(
        async (reader) => await reader('pin_record').where({ status: 'running' }).select('id'),
      );
      expect(running).toEqual([]);
    }
    expect(world.ipfs.ranTwice).toBe(false);
  });
});

describe('the seal coordinator', () => {
  it('is asked after every other check and before the claim, and told when a pull was not used', async () => {
    const world = await pullWorld();
    await world.add('a');
    await world.add('denied', { reward: 5 });
    world.verdicts.set('denied', { verdict: 'many-replicas' });
    world.start({}, { coordinator: true });
    await world.pass(5000, 5000);
    expect(world.coordinator.asked).toEqual(['a']);
    expect(await world.marks()).toEqual({ a: 'held' });
    world.ipfs.call('a').refuse({ stage: 'resolve' });
    await world.reaches('a', 'queued');
    expect([...world.coordinator.granted]).toEqual([]);
    expect(await world.marks()).toEqual({});
  });

  it('is owed nothing for a handled pull', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.start({}, { coordinator: true });
    await world.pass(5000, 5000);
    world.sworker.hold('a');
    world.ipfs.call('a').pinned();
    await world.reaches('a', 'handled');
    expect([...world.coordinator.granted]).toEqual(['a']);
    expect(await world.marks()).toEqual({});
  });

  it('puts an order aside: skipped until a re-order, failed for 5 minutes and then longer', async () => {
    const world = await pullWorld();
    await world.add('skipped');
    await world.add('failed');
    world.coordinator.answers = (cid) => ({
      seal: false,
      reason: cid === 'skipped' ? 'skipFile' : 'failed',
      detail: '',
    });
    world.start({}, { coordinator: true });
    await world.pass(5000, 5000);
    expect(await world.order('skipped')).toMatchObject({ status: 'waiting', verdict: 'coordinator', lookBlock: null });
    expect(await world.order('failed')).toMatchObject({
      status: 'waiting',
      verdict: 'coordinator',
      lookBlock: head + 50,
    });
    await world.set('failed', { status: 'queued', look_block: null });
    await world.pass(5000, 5000);
    expect(await world.order('failed')).toMatchObject({ lookBlock: head + 100, lookCount: 2 });
    expect(await world.marks()).toEqual({});
  });

  it('holds all pulls for 30 minutes when it has disabled them, storing nothing on orders', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.coordinator.answers = () => ({ seal: false, reason: 'pullDisabled', detail: '' });
    world.start({}, { coordinator: true });
    await world.pass(5000, 5000);
    expect(await world.order('a')).toMatchObject({ status: 'queued', verdict: 'take', lookBlock: null });
    world.coordinator.answers = () => ({ seal: true });
    await world.pass(29 * MINUTE_MS, MINUTE_MS);
    expect(world.ipfs.calls).toEqual([]);
    await world.pass(MINUTE_MS, 5000);
    expect(world.ipfs.open).toHaveLength(1);
  });

  it('away means that nothing starts; what it is owed is sent when it is back', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.coordinator.granted.add('old');
    await world.store.marks.wish('old', 1);
    world.coordinator.isAway = true;
    world.start({}, { coordinator: true });
    await world.pass(MINUTE_MS);
    expect(world.conditions.list()).toContainEqual(
      expect.objectContaining({ name: 'outage:pull-coordinator', kind: 'wait', part: 'coordinator' }),
    );
    expect(await world.marks()).toEqual({ old: 'releasing' });
    expect(world.ipfs.calls).toEqual([]);
    world.coordinator.isAway = false;
    await world.pass(MINUTE_MS, 5000);
    expect(await world.marks()).toEqual({ a: 'held' });
    expect([...world.coordinator.granted]).toEqual(['a']);
  });
});
