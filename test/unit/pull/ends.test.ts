import { describe, expect, it } from 'vitest';
import { GIB, HOUR_MS, MIB, MINUTE_MS } from '../../../src/domain/units.ts';
import { DaemonWatch } from '../../../src/pull/run/daemon-watch.ts';
import { ProgressPoll } from '../../../src/pull/run/progress-poll.ts';
import { RunningPulls } from '../../../src/pull/run/running-pulls.ts';
import { SworkerDesk } from '../../../src/pull/run/sworker-desk.ts';
import { head, pullWorld, type PullWorld } from '../../support/pull-world.ts';

/** A world in which the given orders are being pulled. */
async function pulling(...cids: string[]): Promise<PullWorld> {
  const world = await pullWorld();
  for (const cid of cids) await world.add(cid);
  world.start();
  await world.until(() => world.ipfs.open.length === cids.length);
  await world.idle();
  return world;
}

describe('a pull that failed', () => {
  it('backs off about 30 minutes, doubling, and fails with its last attempt', async () => {
    const world = await pulling('a');
    const looks: number[] = [];
    await world.set('a', { turn_block: head + 9 });
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      world.ipfs.call('a').refuse({ stage: 'resolve' });
      const order = await world.reaches('a', attempt < 5 ? 'queued' : 'failed');
      expect(order.attempts).toBe(attempt);
      expect(order.turnBlock).toBe(attempt < 5 ? head + 9 : null);
      if (order.lookBlock !== null) looks.push(order.lookBlock - head);
      await world.set('a', { look_block: null });
      await world.pass(5000, 5000);
    }
    for (const [index, blocks] of looks.entries()) {
      expect(blocks).toBeGreaterThanOrEqual(240 * 2 ** index);
      expect(blocks).toBeLessThanOrEqual(360 * 2 ** index);
    }
    expect(looks).toHaveLength(4);
    expect(world.ipfs.open).toEqual([]);
  });

  it('is handled when sWorker has the file whatever the daemon said', async () => {
    const world = await pulling('a', 'b');
    for (const cid of ['a', 'b']) await world.set(cid, { turn_block: head + 9 });
    world.sworker.hold('a');
    world.ipfs.call('a').refuse({ stage: 'start-seal', code: 8012 });
    world.sworker.hold('b', 'lost');
    world.ipfs.call('b').breakOff();
    for (const cid of ['a', 'b']) expect(await world.reaches(cid, 'handled')).toMatchObject({ turnBlock: null });
    expect((await world.records('b'))[0]).toMatchObject({ status: 'lost', end_reason: 'sealed' });
  });

  it('is interrupted, without an attempt, while sWorker cannot be asked', async () => {
    const world = await pulling('a');
    world.sworker.isAway = true;
    world.ipfs.call('a').refuse({ stage: 'other' });
    expect(await world.reaches('a', 'queued')).toMatchObject({ attempts: 0, lookBlock: null });
    expect(await world.records('a')).toMatchObject([{ status: 'interrupted', end_reason: 'sworker-away' }]);
    world.sworker.isAway = false;
    await world.pass(20_000, 5000);
    expect(world.ipfs.open).toHaveLength(1);
  });

  it('by want of space waits as no-space', async () => {
    const world = await pulling('a');
    world.workload = { ...world.workload, srd: { ...world.workload.srd, sysDiskAvailableGib: 10 } };
    world.ipfs.call('a').refuse({ stage: 'seal', httpStatus: 500 });
    expect(await world.reaches('a', 'waiting')).toMatchObject({
      verdict: 'no-space',
      lookBlock: head + 300,
      attempts: 0,
    });
  });

  it('at sWorker limits is queued, and nothing starts until there is room again', async () => {
    const world = await pulling('a');
    const { files } = world.workload;
    world.workload = { ...world.workload, files: { ...files, pending: { num: 500, sizeBytes: 0 } } };
    world.ipfs.call('a').refuse({ stage: 'start-seal', httpStatus: 500 });
    await world.reaches('a', 'queued');
    await world.pass(HOUR_MS, MINUTE_MS);
    expect(world.ipfs.calls).toHaveLength(1);
    world.workload = { ...world.workload, files };
    await world.pass(5000, 5000);
    expect(world.ipfs.open).toHaveLength(1);
    expect(await world.order('a')).toMatchObject({ attempts: 0 });
  });

  it('by an upgrade of sWorker is tried by one pull a minute until it takes files again', async () => {
    const world = await pulling('a', 'b');
    for (const cid of ['a', 'b']) world.ipfs.call(cid).refuse({ stage: 'start-seal', httpStatus: 501 });
    await world.reaches('b', 'queued');
    expect(world.conditions.list()).toMatchObject([
      { name: 'sworker-upgrading', kind: 'wait' },
      { name: 'pulls-held' },
    ]);
    await world.pass(55_000, 5000);
    expect(world.ipfs.open).toEqual([]);
    await world.pass(10_000, 5000);
    expect(world.ipfs.open).toHaveLength(1);
    world.ipfs.open[0]?.progress(1);
    await world.pass(5000, 5000);
    expect(world.ipfs.open).toHaveLength(2);
    expect(world.conditions.list()).toEqual([]);
  });
});

describe('interruptions', () => {
  it('of several pulls at once never count, and start again one a minute', async () => {
    const world = await pulling('a', 'b', 'c');
    for (const cid of ['a', 'b', 'c']) world.ipfs.call(cid).breakOff();
    await world.pass(5000, 5000);
    const looks = await Promise.all(['a', 'b', 'c'].map(async (cid) => (await world.order(cid)).lookBlock));
    expect(new Set(looks)).toEqual(new Set([null, head + 10, head + 20]));
    for (const cid of ['a', 'b', 'c'])
      expect((await world.records(cid))[0]).toMatchObject({ end_reason: 'restart-of-several', counts_as_attempt: 0 });
  });

  it('of one order alone are attempts from the fourth in a row', async () => {
    const world = await pulling('a');
    for (let time = 1; time <= 4; time += 1) {
      world.ipfs.call('a').breakOff();
      await world.reaches('a', 'queued');
      await world.set('a', { look_block: null });
      await world.pass(5000, 5000);
    }
    const counted = (await world.records('a')).map((record) => record.counts_as_attempt);
    expect(counted.slice(0, 4)).toEqual([0, 0, 0, 1]);
    expect((await world.order('a')).attempts).toBe(1);
  });

  it('from the fourth in a day wait an hour', async () => {
    const world = await pullWorld();
    await world.add('a');
    for (let index = 0; index < 3; index += 1) await world.addRecord('a', { end_reason: 'killed' });
    world.start();
    await world.idle();
    await world.stop();
    expect(await world.order('a')).toMatchObject({ status: 'queued', lookBlock: head + 600, attempts: 0 });
  });

  it('by a restart of sWorker are told by the entries that other pulls lost', async () => {
    const world = await pulling('a', 'b');
    world.sworker.seal('b', 10);
    await world.pass(30_000);
    world.sworker.files.clear();
    world.ipfs.call('a').refuse({ stage: 'seal', httpStatus: 500 });
    await world.until(async () => (await world.records('a'))[0]?.status === 'interrupted');
    expect((await world.records('a')).slice(0, 1)).toMatchObject([
      { end_reason: 'restart-of-several', counts_as_attempt: 0 },
    ]);
  });
});

describe('a pull that is judged by its polls', () => {
  it('is ended by a stall 60 minutes without a first block', async () => {
    const world = await pulling('a');
    await world.pass(59 * MINUTE_MS, 30_000);
    expect(world.ipfs.open).toHaveLength(1);
    await world.pass(2 * MINUTE_MS);
    expect(await world.order('a')).toMatchObject({ status: 'queued', attempts: 1 });
    expect(await world.records('a')).toMatchObject([{ status: 'failed', end_reason: 'stall' }]);
  });

  it('does not stall while the process was suspended', async () => {
    const world = await pullWorld();
    const { clock, store, conditions, logger, ipfs, sworker } = world;
    const orderId = await world.add('a');
    const claim = { orderId, cid: 'a', sizeBytes: 1000, orderClass: 'new', attempts: 0 } as const;
    const permit = await store.pulls.claim({ ...claim, startedMs: 0, startedBlock: head, pinnedBefore: false });
    if (permit === undefined) throw new Error('not claimed');
    const running = new RunningPulls({ stallMs: 30 * MINUTE_MS, maxPendingTasks: 5 });
    const pull = running.begin(permit, clock.monotonicMs());
    const poll = new ProgressPoll({
      clock,
      conditions,
      logger,
      running,
      desk: new SworkerDesk({ sworker, clock, conditions }),
      records: store.records,
      daemon: new DaemonWatch({ ipfs, running, runner: { doubtDaemon: () => undefined } }),
    });
    const round = async (): Promise<void> => await poll.round(new AbortController().signal);
    pull.noteBlocks(5);
    await round();
    for (let day = 0; day < 29; day += 1) {
      await clock.advance(24 * HOUR_MS);
      await round();
    }
    expect(pull.abortReason).toBeUndefined();
    await clock.advance(24 * HOUR_MS);
    await round();
    expect(pull.abortReason).toBe('stall');
  });

  it('keeps its progress in its record every 30 s', async () => {
    const world = await pulling('a');
    world.ipfs.call('a').progress(12);
    world.sworker.seal('a', 800);
    await world.pass(30_000);
    expect(await world.records('a')).toMatchObject([{ blocks: 12, sealed_bytes: 800 }]);
  });

  it('is ended as oversize, its order as bad-size', async () => {
    const world = await pulling('a');
    world.sworker.seal('a', 1.2 * 1000 + 16 * MIB + 1);
    await world.pass(30_000);
    expect(await world.reaches('a', 'waiting')).toMatchObject({ verdict: 'bad-size', oversize: true, attempts: 0 });
  });

  it('is let go when the cleanup of its order was confirmed', async () => {
    const world = await pulling('a', 'b');
    const row = { cause: 'event', seen_block: head, created_ms: 0, updated_ms: 0 };
    await world.database.write('event', async (tx) => {
      await tx('cleanup_record').insert([
        { ...row, cid: 'a', status: 'confirmed' },
        { ...row, cid: 'b', status: 'seen' },
      ]);
    });
    await world.pass(30_000);
    expect(await world.reaches('a', 'closed')).toMatchObject({ attempts: 0 });
    expect(await world.records('a')).toMatchObject([{ status: 'interrupted', end_reason: 'closed' }]);
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['b']);
  });

  it('is not called stalled while the daemon holds pins back; nothing starts until one moves', async () => {
    const world = await pullWorld();
    await world.add('old', { size_bytes: 4 * GIB });
    world.start();
    await world.idle();
    world.ipfs.call('old').progress(1);
    for (const cid of ['a', 'b', 'c']) await world.add(cid);
    await world.pass(5000, 5000);
    expect(world.ipfs.open).toHaveLength(4);
    await world.add('late');
    for (let minute = 0; minute < 70; minute += 1) {
      world.ipfs.call('old').progress(minute + 2);
      await world.pass(MINUTE_MS, 30_000);
    }
    expect(world.ipfs.open.map((call) => call.cid).sort()).toEqual(['a', 'b', 'c', 'old']);
    expect(world.conditions.list()[0]?.message).toContain('holds pins back');
    world.ipfs.call('b').progress(1);
    await world.pass(5000, 5000);
    expect(world.ipfs.open.map((call) => call.cid)).toContain('late');
  });
});

describe('pins that the daemon holds back', () => {
  it('are said too when they have taken every slot', async () => {
    const world = await pullWorld();
    await world.add('old');
    world.start({ maxPendingTasks: 5 });
    await world.idle();
    world.ipfs.call('old').progress(1);
    for (const cid of ['a', 'b', 'c']) await world.add(cid);
    await world.pass(10_000, 5000);
    expect(world.ipfs.open).toHaveLength(4);
    expect(world.conditions.list()).toMatchObject([{ message: expect.stringContaining('holds pins back') }]);
    world.ipfs.call('b').progress(1);
    await world.pass(5000, 5000);
    expect(world.conditions.list()).toEqual([]);
  });
});

describe('a daemon that pins without sealing', () => {
  it('has the pin taken away and made again once, and then taken away if it did not stand before', async () => {
    const world = await pulling('a');
    world.ipfs.call('a').pinned();
    await world.until(() => world.ipfs.calls.length === 2);
    expect(world.ipfs.removed).toEqual(['a']);
    expect(await world.records('a')).toMatchObject([{ repinned: 1 }]);
    world.ipfs.call('a').pinned();
    expect(await world.reaches('a', 'queued')).toMatchObject({ attempts: 1 });
    expect(world.ipfs.pins.size).toBe(0);
    expect(await world.records('a')).toMatchObject([{ status: 'failed', end_reason: 'not-sealed' }]);
  });

  it('keeps a pin that stood before our first pull', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.ipfs.pins.add('a');
    world.ipfs.answers = () => ({ kind: 'pinned' });
    world.start();
    await world.until(async () => (await world.order('a')).attempts === 1);
    await world.idle();
    expect(world.ipfs.removed).toEqual(['a']);
    expect([...world.ipfs.pins]).toEqual(['a']);
    expect(await world.records('a')).toMatchObject([{ pinned_before: 1 }]);
  });

  it('seals after the pin was made again', async () => {
    const world = await pulling('a');
    world.ipfs.call('a').pinned();
    await world.until(() => world.ipfs.calls.length === 2);
    world.sworker.hold('a');
    world.ipfs.call('a').pinned();
    expect(await world.reaches('a', 'handled')).toMatchObject({ attempts: 0 });
  });

  it('is believed not to seal after three CIDs: one probe an hour, of the smallest order, until one is sealed', async () => {
    const world = await pullWorld();
    for (const cid of ['a', 'b', 'c']) await world.add(cid, { reward: 9 });
    world.ipfs.answers = () => ({ kind: 'pinned' });
    world.start();
    for (const cid of ['a', 'b', 'c']) await world.until(async () => (await world.order(cid)).attempts === 1);
    await world.idle();
    expect(world.conditions.ready).toBe(false);
    expect(world.logger.lines.filter((line) => line.level === 'error')).toHaveLength(1);
    await world.add('big', { size_bytes: 50_000, reward: 99 });
    await world.add('small', { size_bytes: 50 });
    await world.pass(59 * MINUTE_MS, MINUTE_MS);
    expect([(await world.order('big')).attempts, (await world.order('small')).attempts]).toEqual([0, 0]);
    await world.pass(2 * MINUTE_MS);
    expect([(await world.order('big')).attempts, (await world.order('small')).attempts]).toEqual([0, 1]);
    await world.stop();
    world.ipfs.answers = (cid) => {
      world.sworker.hold(cid);
      return { kind: 'pinned' };
    };
    world.start();
    await world.pass(30 * MINUTE_MS, MINUTE_MS);
    expect((await world.order('big')).status).toBe('queued');
    await world.pass(31 * MINUTE_MS, MINUTE_MS);
    expect((await world.order('big')).status).toBe('handled');
    expect(world.conditions.list()).toEqual([]);
  });
});
