import { describe, expect, it } from 'vitest';
import { GIB, HOUR_MS, MINUTE_MS } from '../../../src/domain/units.ts';
import { LARGE_BYTES } from '../../../src/pull/rules/slots.ts';
import { head, pullWorld } from '../../support/pull-world.ts';

const large = { size_bytes: LARGE_BYTES };

describe('pulling', () => {
  it('takes an order from the queue to sealed and handled, confirmed at once', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.start();
    await world.until(() => world.ipfs.open.length === 1);
    expect((await world.order('a')).status).toBe('pulling');
    expect(await world.records('a')).toMatchObject([{ status: 'running', pinned_before: null }]);
    world.sworker.hold('a');
    world.ipfs.call('a').pinned();
    await world.reaches('a', 'handled');
    expect(await world.records('a')).toMatchObject([
      { status: 'sealed', end_reason: 'sealed', counts_as_attempt: 0, pinned_before: 0 },
    ]);
    await world.idle();
    expect(world.pinDoubts).toBe(0);
  });

  it('prefers fresh orders to retried ones, then the highest reward, then the oldest', async () => {
    const world = await pullWorld();
    await world.add('retried', { reward: 99, attempts: 1 });
    await world.add('young', { reward: 5, calculated_block: head - 10 });
    await world.add('old', { reward: 5, calculated_block: head - 500 });
    await world.add('rich', { reward: 6 });
    const order: string[] = [];
    world.ipfs.answers = (cid) => {
      order.push(cid);
      world.sworker.hold(cid);
      return { kind: 'pinned' };
    };
    world.start({ maxPendingTasks: 1 });
    await world.until(() => order.length === 4);
    expect(order).toEqual(['rich', 'old', 'young', 'retried']);
  });

  it('fills a freed slot at once, without waiting for the next round', async () => {
    const world = await pullWorld();
    for (const [index, cid] of ['a', 'b', 'c'].entries()) await world.add(cid, { reward: 10 - index });
    world.start({ maxPendingTasks: 1 });
    await world.idle();
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['a']);
    world.sworker.hold('a');
    world.ipfs.call('a').pinned();
    await world.until(() => world.ipfs.open.some((call) => call.cid === 'b'));
    expect(world.ipfs.open).toHaveLength(1);
  });

  it('keeps one slot for large orders, and gives them a freed one first', async () => {
    const world = await pullWorld();
    for (let index = 0; index < 8; index += 1) await world.add(`s${index}`, { reward: 50 - index });
    world.start({ maxPendingTasks: 5 });
    await world.idle();
    expect(world.ipfs.open.map((call) => call.cid).sort()).toEqual(['s0', 's1', 's2', 's3']);
    for (const cid of ['l0', 'l1', 'l2']) await world.add(cid, large);
    await world.pass(5000, 5000);
    expect(world.ipfs.open.map((call) => call.cid).filter((cid) => cid.startsWith('l'))).toEqual(['l0']);
    world.sworker.hold('s0');
    world.ipfs.call('s0').pinned();
    await world.reaches('s0', 'handled');
    expect(world.ipfs.open.map((call) => call.cid).sort()).toEqual(['l0', 'l1', 's1', 's2', 's3']);
  });

  it('never pulls from a source of weight 0, and gives its draw to the other', async () => {
    const world = await pullWorld();
    await world.add('db', { class: 'db', reward: 99 });
    await world.add('new');
    world.start({ weights: { newFilesWeight: 100, dbFilesWeight: 0 } });
    await world.idle();
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['new']);
  });

  it('does not pull an order that the fresh decision turned into one of a source of weight 0', async () => {
    const world = await pullWorld();
    await world.add('aged');
    world.verdicts.set('aged', { orderClass: 'db' });
    world.start({ weights: { newFilesWeight: 100, dbFilesWeight: 0 } });
    await world.idle();
    expect(world.ipfs.calls).toEqual([]);
    expect(await world.order('aged')).toMatchObject({ status: 'queued', orderClass: 'db' });
  });

  it('draws sources by weight over a long run', async () => {
    const world = await pullWorld();
    for (let index = 0; index < 150; index += 1) {
      await world.add(`n${index}`);
      await world.add(`d${index}`, { class: 'db' });
    }
    const order: string[] = [];
    world.ipfs.answers = (cid) => {
      order.push(cid);
      world.sworker.hold(cid);
      return { kind: 'pinned' };
    };
    world.start({ weights: { newFilesWeight: 75, dbFilesWeight: 25 } }, { seed: 3 });
    await world.until(() => order.length >= 160);
    const fresh = order.slice(0, 160).filter((cid) => cid.startsWith('n')).length;
    expect(fresh).toBeGreaterThan(104);
    expect(fresh).toBeLessThan(136);
    await world.until(() => order.length === 300);
    expect(world.ipfs.ranTwice).toBe(false);
  });
});

describe('before a pull', () => {
  it('handles what sWorker has already, with a record of its own', async () => {
    const world = await pullWorld();
    for (const [cid, type] of [
      ['v', 'valid'],
      ['l', 'lost'],
    ] as const) {
      await world.add(cid);
      world.sworker.hold(cid, type);
    }
    world.start();
    await world.reaches('v', 'handled');
    await world.reaches('l', 'handled');
    expect(await world.records('v')).toMatchObject([{ status: 'sealed', cause: 'found' }]);
    expect(await world.records('l')).toMatchObject([{ status: 'lost', cause: 'found' }]);
    expect(world.pinDoubts).toBe(2);
    expect(world.ipfs.calls).toEqual([]);
  });

  it('remembers of a pin that an interrupted pull of ours made that it is ours', async () => {
    const world = await pullWorld();
    await world.add('a');
    await world.addRecord('a', { end_reason: 'sworker-away', pinned_before: 0 });
    world.sworker.hold('a');
    world.start();
    await world.reaches('a', 'handled');
    expect((await world.records('a'))[1]).toMatchObject({ status: 'sealed', cause: 'found', pinned_before: 0 });
  });

  it('asks nobody anything while no queued order can have a slot', async () => {
    const world = await pullWorld();
    for (const cid of ['a', 'b']) await world.add(cid);
    let asked = 0;
    world.readWorkload = () => {
      asked += 1;
      return world.workload;
    };
    world.start({ maxPendingTasks: 1 });
    await world.pass(5 * MINUTE_MS, MINUTE_MS);
    expect(world.ipfs.open).toHaveLength(1);
    expect(asked).toBe(1);
  });

  it('stores a fresh verdict other than take', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.verdicts.set('a', { verdict: 'many-replicas', inputs: { replicas: 100 }, lookBlock: null });
    world.start();
    const order = await world.reaches('a', 'waiting');
    expect(order).toMatchObject({ verdict: 'many-replicas', verdictInputs: { replicas: 100 }, decidedBlock: head });
  });

  it('puts off an order that the chain has no more, without closing it', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.absent.add('a');
    world.start();
    await world.idle();
    expect(await world.order('a')).toMatchObject({ status: 'queued', lookBlock: head + 600 });
    expect(world.ipfs.calls).toEqual([]);
  });

  it('puts aside what does not fit, at most 50 a round, and tries the next', async () => {
    const world = await pullWorld();
    world.workload = { ...world.workload, srd: { ...world.workload.srd, srdCompleteGib: 10 } };
    for (let index = 0; index < 60; index += 1)
      await world.add(`big${index}`, { size_bytes: 5 * GIB - 1, reward: 100 });
    await world.add('fits', { size_bytes: GIB });
    world.start();
    await world.idle();
    const waiting = async (): Promise<number> =>
      await world.database.read(async (reader) => {
        const rows: { n: number }[] = await reader('file_record')
          .where({ status: 'waiting', verdict: 'no-space' })
          .count({ n: '*' });
        return rows[0]?.n ?? 0;
      });
    expect(await waiting()).toBe(50);
    expect(world.ipfs.open).toEqual([]);
    await world.pass(5000, 5000);
    expect(await waiting()).toBe(60);
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['fits']);
    expect(await world.order('big0')).toMatchObject({ lookBlock: head + 300, verdictInputs: { freeBytes: 10 * GIB } });
  });

  it('counts what running pulls still bring against the space', async () => {
    const world = await pullWorld();
    world.workload = { ...world.workload, srd: { ...world.workload.srd, srdCompleteGib: 10 } };
    await world.add('first', { size_bytes: 3 * GIB, reward: 2 });
    await world.add('second', { size_bytes: 2 * GIB });
    world.start();
    await world.idle();
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['first']);
    expect(await world.order('second')).toMatchObject({
      status: 'waiting',
      verdict: 'no-space',
      verdictInputs: { pendingBytes: 3 * GIB },
    });
  });

  it('waits 10 minutes for what somebody else is sealing, and never ends it', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.sworker.seal('a', 5);
    world.start();
    await world.idle();
    for (let look = 0; look < 8; look += 1) {
      expect(await world.order('a')).toMatchObject({ status: 'queued', lookBlock: head + 100 });
      await world.set('a', { look_block: null });
      await world.pass(10 * MINUTE_MS, MINUTE_MS);
    }
    expect(world.sworker.endedSeals).toEqual([]);
    expect(world.ipfs.calls).toEqual([]);
  });

  it('ends the rest of an interrupted pull of ours once it has not grown for stallMinutes, then pulls', async () => {
    const world = await pullWorld();
    await world.add('a');
    await world.addRecord('a', { status: 'interrupted', end_reason: 'killed', pinned_before: 0 });
    world.sworker.seal('a', 5);
    world.start();
    await world.idle();
    const look = async (): Promise<void> => {
      await world.set('a', { look_block: null });
      await world.pass(10 * MINUTE_MS, MINUTE_MS);
    };
    await look();
    world.sworker.seal('a', 6);
    await look();
    await look();
    await look();
    expect(world.sworker.endedSeals).toEqual([]);
    await look();
    expect(world.sworker.endedSeals).toEqual(['a']);
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['a']);
  });

  it.each([
    ['the SRD ratio is too low', { minSrdRatioPercent: 101 }, undefined],
    ['the system disk is nearly full', {}, 'disk'],
    ['sWorker seals 500 files', {}, 'pending'],
    ['sWorker holds 400,000 files', {}, 'valid'],
  ] as const)('starts nothing while %s, and says so', async (_name, settings, fault) => {
    const world = await pullWorld();
    const { srd, files } = world.workload;
    if (fault === 'disk') world.workload = { ...world.workload, srd: { ...srd, sysDiskAvailableGib: 49 } };
    if (fault === 'pending')
      world.workload = { ...world.workload, files: { ...files, pending: { num: 500, sizeBytes: 0 } } };
    if (fault === 'valid')
      world.workload = { ...world.workload, files: { ...files, valid: { num: 400_000, sizeBytes: 0 } } };
    await world.add('a');
    world.start(settings);
    await world.idle();
    expect(world.ipfs.calls).toEqual([]);
    expect(await world.order('a')).toMatchObject({ status: 'queued', lookBlock: null });
    expect(world.conditions.list().map((condition) => condition.name)).toEqual(['pulls-held']);
    expect(world.conditions.ready).toBe(true);
  });

  it('starts nothing while a part is away or garbage is to be collected, and starts when that is over', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.conditions.raise('outage:chain-time', { kind: 'outage', part: 'chain', message: 'away' });
    world.start();
    await world.idle();
    world.conditions.clear('outage:chain-time');
    world.conditions.raise('gc-hold', { kind: 'wait', part: 'ipfs', message: 'collecting', blocksReady: false });
    await world.pass(10_000, 5000);
    expect(world.ipfs.calls).toEqual([]);
    world.conditions.clear('gc-hold');
    await world.pass(5000, 5000);
    expect(world.ipfs.open).toHaveLength(1);
  });

  it('decides nothing while sWorker, the chain or the daemon cannot be asked', async () => {
    const world = await pullWorld();
    await world.add('a');
    world.sworker.isAway = true;
    world.start();
    await world.idle();
    expect(world.conditions.away('sworker')).toBe(true);
    world.sworker.isAway = false;
    world.chainAway = true;
    await world.pass(10_000, 5000);
    expect(world.conditions.away('chain')).toBe(true);
    world.chainAway = false;
    await world.pass(10_000, 5000);
    expect(world.ipfs.open).toHaveLength(1);
    expect(world.conditions.list()).toEqual([]);
  });

  it('starts nothing on facts that are missing, in trouble or too old', async () => {
    const world = await pullWorld();
    await world.add('a');
    await world.database.write('event', async (tx) => {
      await world.facts.set(tx, 'group', {
        atBlock: head,
        atMs: world.clock.nowMs(),
        owner: null,
        members: [],
        ownIndex: -1,
        trouble: 'no-group',
      });
    });
    world.start();
    await world.idle();
    expect(world.conditions.list()[0]?.message).toContain('no-group');
    await world.database.write('event', async (tx) => {
      await world.facts.set(tx, 'group', {
        atBlock: head,
        atMs: world.clock.nowMs() - HOUR_MS,
        owner: 'cTOwner',
        members: ['cTMe'],
        ownIndex: 0,
        trouble: null,
      });
    });
    await world.pass(5000, 5000);
    expect(world.ipfs.calls).toEqual([]);
  });
});
