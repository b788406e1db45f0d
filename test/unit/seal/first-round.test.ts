import { describe, expect, it } from 'vitest';
import type { OrderStatus } from '../../../src/domain/statuses.ts';
import { cidOf, heldWorld } from '../../support/held-world.ts';

describe('the first full round on a node that already holds files', () => {
  it('gives 400 sealed files a record each, and lets orders be decided only then', async () => {
    const world = await heldWorld();
    world.sworker.preload(Array.from({ length: 400 }, (_, index) => ({ cid: cidOf(index), sizeBytes: 1000 + index })));
    const task = world.sealUpdater();
    expect(task.heldFilesKnown()).toBe(false);
    await world.start(task);
    expect(task.heldFilesKnown()).toBe(true);
    expect(await world.count('pin_record', { status: 'sealed', cause: 'found' })).toBe(400);
    expect(await world.facts.find('held-scan')).toMatchObject({ atBlock: world.chain.head });
    expect(await world.facts.find('held-report')).toMatchObject({
      held: 400,
      lost: 0,
      withoutOrder: 400,
      missingAtOnce: 0,
    });
    expect(world.conditions.list()).toEqual([]);
    expect(await world.count('pin_record', { missed_rounds: 0 })).toBe(400);
  });

  it('keeps one record a file over rounds and restarts', async () => {
    const world = await heldWorld();
    world.sworker.preload(Array.from({ length: 600 }, (_, index) => ({ cid: cidOf(index), sizeBytes: 1 })));
    const running = await world.start(world.sealUpdater());
    await running.after(31 * 60_000);
    await running.stop();
    await world.once(world.sealUpdater());
    expect(await world.count('pin_record', {})).toBe(600);
    expect(await world.count('pin_record', { missed_rounds: 0, status: 'sealed' })).toBe(600);
  });

  const ends: readonly (readonly [OrderStatus, OrderStatus])[] = [
    ['new', 'handled'],
    ['waiting', 'handled'],
    ['queued', 'handled'],
    ['failed', 'handled'],
    ['handled', 'handled'],
    ['pulling', 'pulling'],
    ['closed', 'closed'],
  ];
  for (const state of ['valid', 'lost'] as const) {
    it.each(ends)(`a ${state} file of an order that is %s leaves it %s`, async (before, after) => {
      const world = await heldWorld();
      const cid = cidOf('file');
      world.sworker.preload([{ cid, sizeBytes: 1024, state }]);
      await world.knownOrder(cid, before, {
        verdict: 'not-ours',
        look_block: before === 'queued' ? 9 : null,
        revise: 1,
      });
      await world.once(world.sealUpdater());
      expect(await world.orderRow(cid)).toMatchObject({ status: after });
      expect(await world.pinRow(cid)).toMatchObject({ status: state === 'valid' ? 'sealed' : 'lost', cause: 'found' });
      expect(await world.count('cleanup_record', { status: 'seen', cause: 'found' })).toBe(before === 'closed' ? 1 : 0);
    });
  }

  it('makes no record beside a running pull, and leaves its order to it', async () => {
    const world = await heldWorld();
    const cid = cidOf('file');
    world.sworker.preload([{ cid, sizeBytes: 1024 }]);
    await world.knownOrder(cid, 'pulling');
    await world.pin(cid, 'running');
    await world.once(world.sealUpdater());
    expect(await world.count('pin_record', {})).toBe(1);
    expect(await world.pinRow(cid)).toMatchObject({ status: 'running' });
  });

  it('leaves an order that came back while its file is being deleted undecided', async () => {
    const world = await heldWorld();
    const cid = cidOf('file');
    await world.heldOrder(cid);
    await world.update('file_record', cid, { status: 'new' });
    await world.row('cleanup_record', {
      cid,
      status: 'deleting',
      cause: 'event',
      seen_block: 1,
      created_ms: 0,
      updated_ms: 0,
    });
    await world.once(world.sealUpdater());
    expect(await world.orderRow(cid)).toMatchObject({ status: 'new' });
  });

  it('does not believe a list that is older than a deletion', async () => {
    const world = await heldWorld();
    const cid = cidOf('file');
    await world.heldOrder(cid);
    world.transport.after = (route) => {
      if (!route.startsWith('/file/info_by_type?type=valid')) return;
      // The list has left sWorker; before the bot reads it, the file is deleted and its record ended.
      world.sworker.files.held.delete(cid);
    };
    await world.update('pin_record', cid, { status: 'removed' });
    await world.once(world.sealUpdater());
    expect(await world.count('pin_record', {})).toBe(1);
    expect(await world.pinRow(cid)).toMatchObject({ status: 'removed' });
  });

  it('takes a file back that a person sealed again after its record had ended', async () => {
    const world = await heldWorld();
    const cid = cidOf('file');
    await world.heldOrder(cid);
    await world.update('pin_record', cid, { status: 'removed' });
    await world.once(world.sealUpdater());
    expect(await world.pinRow(cid)).toMatchObject({ status: 'sealed', cause: 'found' });
  });

  it('waits for the first block before it writes any record', async () => {
    const world = await heldWorld();
    await world.database.write('claim', async (tx) => {
      await tx('config').where({ name: 'chain-time' }).delete();
    });
    world.sworker.preload([{ cid: cidOf(1), sizeBytes: 1 }]);
    const task = world.sealUpdater();
    const running = await world.start(task);
    expect(task.heldFilesKnown()).toBe(false);
    await world.noteHead();
    await running.after(1000);
    expect(task.heldFilesKnown()).toBe(true);
  });

  it('says how many files are held without an order once the whole chain was walked', async () => {
    const world = await heldWorld();
    world.sworker.preload([{ cid: cidOf(1), sizeBytes: 1 }]);
    const running = await world.start(world.sealUpdater());
    expect(world.said('warn').filter((text) => text.includes('without any order'))).toEqual([]);
    await world.row('walk', {
      status: 'complete',
      reason: 'first',
      reads_all: 1,
      anchor_block: 1,
      oldest_page_block: 1,
      newest_page_block: 1,
      cursor: '',
      started_ms: 0,
    });
    await running.after(31 * 60_000);
    await running.after(31 * 60_000);
    expect(world.said('warn').filter((text) => text.includes('without any order'))).toHaveLength(1);
  });
});
