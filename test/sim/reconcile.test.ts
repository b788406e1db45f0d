import { describe, expect, test } from 'vitest';
import type { ReconcileReport } from '../../src/domain/reconcile.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { changeRows } from '../support/sim/driver-gate.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

const firstRunBlocks = 150;
const config = { reconcile: { intervalHours: 1 } };

/** A bot that holds six files, stopped; all sources agree. */
async function stoppedWith(files: number): Promise<{ world: SimWorld; cids: readonly string[] }> {
  const world = await newWorld({ config });
  const cids = Array.from({ length: files }, () => world.order({ cid: world.cids.ours() }));
  world.startBot();
  await world.runUntil(
    'all sealed',
    async () => {
      const statuses = await world.statuses();
      return cids.every((cid) => statuses.get(cid) === 'handled');
    },
    40,
  );
  await world.stopBot();
  return { world, cids };
}

async function reportOf(world: SimWorld): Promise<ReconcileReport | undefined> {
  const [row] = await world.rows<{ content: string }>("SELECT content FROM config WHERE name = 'reconcile-report'");
  return row === undefined ? undefined : (JSON.parse(row.content) as ReconcileReport);
}

/** Classes that are not empty, with their first CIDs. */
function found(report: ReconcileReport | undefined): Readonly<Record<string, readonly string[]>> {
  const classes = Object.entries(report?.classes ?? {});
  return Object.fromEntries(
    classes.filter(([, { files }]) => files > 0).map(([name, { examples }]) => [name, examples]),
  );
}

async function nextReport(world: SimWorld, before?: ReconcileReport): Promise<ReconcileReport> {
  await world.runUntil('a report', async () => (await reportOf(world))?.atMs !== before?.atMs, 900);
  const report = await reportOf(world);
  if (report === undefined) throw new Error('no report');
  return report;
}

describe('A sealed file without a pin', () => {
  test('is pinned again soon after the start, sealed as it is', async () => {
    const { world, cids } = await stoppedWith(2);
    const [unpinned = ''] = cids;
    await world.ipfs.unpin(unpinned);
    world.startBot();
    await world.runUntil('pinned', async () => (await world.ipfs.pinType(unpinned)) === 'recursive', 10);
    expect(world.sworker.files.find(unpinned)?.state).toBe('valid');
    expect([world.watch.lettingGo, world.watch.pullsBegun.get(unpinned)]).toEqual([[], 1]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('is told and left alone when the daemon has not all of its blocks', async () => {
    const { world, cids } = await stoppedWith(2);
    const [unpinned = ''] = cids;
    await world.ipfs.unpin(unpinned);
    await world.ipfs.repoGc();
    world.startBot();
    const report = await nextReport(world);
    expect(report.classes['sealed-not-pinned']).toMatchObject({ files: 1, healed: 0, examples: [unpinned] });
    expect(await world.ipfs.pinType(unpinned)).toBeUndefined();
    const warnings = world.logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toContain('Sealed files without a pin cannot be pinned again');
    expect(world.watch.lettingGo).toEqual([]);
  });
});

describe('The reconciler', () => {
  test('finds nothing in a bot that works', async () => {
    const { world } = await stoppedWith(4);
    world.startBot();
    expect(found(await nextReport(world))).toEqual({});
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('finds one of each class, heals what is safe, and deletes nothing', async () => {
    const { world, cids } = await stoppedWith(6);
    const [unheld = '', gone = '', unpinned = '', unsealed = '', lost = ''] = cids;
    const [stray, seal] = [world.cids.ours(), world.cids.ours()];
    // A record that ended without its order, and the file is nowhere.
    await changeRows(world.databaseFile, "UPDATE pin_record SET status = 'removed' WHERE cid = ?", unheld);
    world.sworker.files.held.delete(unheld);
    await world.ipfs.unpin(unheld);
    // A pin of a pull whose file was deleted in sWorker by hand, and its order given up.
    await changeRows(world.databaseFile, "UPDATE pin_record SET status = 'removed' WHERE cid = ?", unsealed);
    await changeRows(
      world.databaseFile,
      "UPDATE file_record SET status = 'failed', attempts = 5 WHERE cid = ?",
      unsealed,
    );
    world.sworker.files.held.delete(unsealed);
    world.sworker.preload([{ cid: stray, sizeBytes: 1000 }]);
    world.sworker.seals.start(seal);
    world.sworker.loseFiles([lost]);
    world.startBot();
    await world.run(firstRunBlocks - 1);
    world.sworker.files.held.delete(gone);
    // As a daemon leaves it that is killed between the end of the seal and its pin.
    await world.ipfs.unpin(unpinned);
    const report = await nextReport(world);
    expect(found(report)).toEqual({
      'held-without-order': [stray],
      'handled-not-held': expect.arrayContaining([unheld, gone]),
      'sealed-not-pinned': [unpinned],
      'pinned-not-sealed': [unsealed],
      'pending-without-record': [seal],
      lost: [lost],
    });
    expect(report.classes['handled-not-held']).toMatchObject({
      files: 2,
      healed: 1,
      remedies: { 'decide-anew': 1, 'seal-updater': 1 },
    });
    expect(report.classes['sealed-not-pinned']).toMatchObject({ healed: 1, remedies: { 'pin-again': 1 } });
    expect(await world.ipfs.pinType(unpinned)).toBe('recursive');
    expect(world.watch.lettingGo).toEqual([]);
    await world.runUntil('pulled anew', async () => (await world.statusOf(unheld)) === 'handled', 60);
    expect(world.sworker.files.find(unheld)?.state).toBe('valid');
    expect(world.watch.pullsBegun.get(unheld)).toBe(2);
    const next = await nextReport(world, report);
    expect(found(next)['handled-not-held']).toBeUndefined();
    expect(found(next)['sealed-not-pinned']).toBeUndefined();
    // The seal updater has let go of the record of the other one, whose pin stands and seals nothing: its pull pins it once more.
    expect(world.watch.lettingGo.map(({ how, cid }) => [how, cid])).toEqual([['pin/rm', gone]]);
    expect(world.sworker.files.find(unpinned)?.state).toBe('valid');
    expect(await world.broken()).toEqual([]);
  });

  test('concludes nothing from a run that an outage ends, and comes back', async () => {
    const { world, cids } = await stoppedWith(3);
    const [unpinned = ''] = cids;
    world.startBot();
    // The daemon is gone when the run has read sWorker's lists.
    await world.run(firstRunBlocks - 10);
    await world.ipfs.unpin(unpinned);
    const asked = world.desk.counts.get('ipfs pin/ls (all)') ?? 0;
    world.desk.chooseFault = ({ name }) => (name === 'pin/ls (all)' ? 'dropped' : undefined);
    await world.run(40);
    expect((world.desk.counts.get('ipfs pin/ls (all)') ?? 0) - asked).toBe(1);
    expect(await reportOf(world)).toBeUndefined();
    world.desk.chooseFault = undefined;
    expect(found(await nextReport(world))).toEqual({ 'sealed-not-pinned': [unpinned] });
    expect(world.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(world.watch.lettingGo).toEqual([]);
    expect(await world.broken()).toEqual([]);
  });
});
