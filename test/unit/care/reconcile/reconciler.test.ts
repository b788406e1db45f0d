import { beforeEach, describe, expect, it } from 'vitest';
import { SmError } from '../../../../src/domain/errors.ts';
import { judgeUnproven } from '../../../../src/domain/deletions.ts';
import { DAY_MS, GIB, HOUR_BLOCKS } from '../../../../src/domain/units.ts';
import { cidOf, type HeldWorld } from '../../../support/held-world.ts';
import { Cleanups } from '../../../../src/store/cleanups.ts';
import { ReconcileRows } from '../../../../src/store/reconcile-rows.ts';
import { type ReconcileWorld, reconcileWorld } from '../../../support/reconcile-world.ts';

const cid = cidOf('closed');
const roundMs = 10_000;

let world: ReconcileWorld;
let held: HeldWorld;

beforeEach(async () => {
  world = await reconcileWorld();
  held = world.held;
  await held.heldOrder('fine');
});

/** One file of each class beside the one that is fine. */
async function oneOfEach(): Promise<void> {
  held.sworker.preload([{ cid: 'stray', sizeBytes: 5 * GIB }]);
  await held.heldOrder('gone');
  held.sworker.files.held.delete('gone');
  await held.heldOrder('unpinned');
  held.daemon.pins.delete('unpinned');
  await held.knownOrder('unsealed', 'failed');
  await held.pin('unsealed', 'failed');
  held.daemon.pins.add('unsealed');
  held.sworker.seals.start('strange seal');
  await held.heldOrder('away');
  held.sworker.loseFiles(['away']);
}

describe('a run', () => {
  it('finds nothing where all sources agree', async () => {
    expect(await world.found()).toEqual({});
  });

  it('finds one file of each class, and counts its bytes', async () => {
    await oneOfEach();
    expect(await world.found()).toEqual({
      'held-without-order': 1,
      'handled-not-held': 1,
      'sealed-not-pinned': 1,
      'pinned-not-sealed': 1,
      'pending-without-record': 1,
      lost: 1,
    });
    const { classes } = await world.report();
    expect(classes['held-without-order']).toEqual({
      files: 1,
      bytes: 5 * GIB,
      remedies: { report: 1 },
      healed: 0,
      examples: ['stray'],
    });
    expect(classes['sealed-not-pinned']).toMatchObject({ bytes: 1024, examples: ['unpinned'] });
    expect(classes['pinned-not-sealed']).toMatchObject({ remedies: { 'next-pull': 1 }, examples: ['unsealed'] });
  });

  it('writes nothing without apply', async () => {
    await oneOfEach();
    await held.knownOrder('unheld', 'handled');
    await world.report();
    expect(await held.facts.find('reconcile-report')).toBeUndefined();
    expect((await held.orderRow('unheld')).status).toBe('handled');
  });

  it('keeps its report when it applies', async () => {
    const report = await world.report(true);
    expect(report).toMatchObject({ atMs: held.clock.nowMs(), atBlock: held.chain.head, isApplied: true });
    expect(await held.facts.find('reconcile-report')).toEqual(report);
  });

  it('lets go of nothing, whatever it finds', async () => {
    await oneOfEach();
    const pins = [...held.daemon.pins];
    for (let run = 0; run < 3; run += 1) await world.report(true);
    expect(held.deletions).toEqual([]);
    expect([...held.daemon.pins]).toEqual(expect.arrayContaining(pins));
    expect(held.sworker.files.pending.has('strange seal')).toBe(true);
  });

  it('counts one file of a hostile size with a TiB at most', async () => {
    await held.heldOrder('huge');
    await held.update('pin_record', 'huge', { size_bytes: Number.MAX_SAFE_INTEGER });
    held.daemon.pins.delete('huge');
    expect((await world.report()).classes['sealed-not-pinned'].bytes).toBe(1024 * GIB);
  });
});

describe('pins', () => {
  it('of others are not looked at: without a record, found here before our pull, or of a file that was only found', async () => {
    for (const cid of ['theirs', 'before', 'found', 'unknown']) held.daemon.pins.add(cid);
    await held.knownOrder('theirs', 'queued');
    await held.pin('before', 'failed', { pinned_before: 1 });
    await held.pin('found', 'removed', { cause: 'found', pinned_before: null });
    await held.pin('unknown', 'failed', { pinned_before: null });
    expect(await world.found()).toEqual({});
  });

  it('are judged by the last pull that could tell', async () => {
    held.daemon.pins.add('twice');
    await held.pin('twice', 'failed', { pinned_before: 1 });
    await held.pin('twice', 'failed', { pinned_before: 0 });
    await held.pin('twice', 'interrupted', { pinned_before: null });
    const { classes } = await world.report();
    expect(classes['pinned-not-sealed']).toMatchObject({ files: 1, remedies: { report: 1 } });
  });

  it('of a file that sWorker holds under an older record are not missing', async () => {
    await held.pin('fine', 'failed');
    expect(await world.found()).toEqual({});
  });
});

describe('what is under way', () => {
  it('is left alone: a pull, its pending seal, an open cleanup', async () => {
    await held.knownOrder('pulled', 'pulling');
    await held.pin('pulled', 'running');
    held.sworker.seals.start('pulled');
    await held.heldOrder('closing');
    await held.update('file_record', 'closing', { status: 'closed' });
    held.daemon.pins.delete('closing');
    await held.row('cleanup_record', {
      cid: 'closing',
      status: 'confirmed',
      cause: 'event',
      seen_block: 1,
      created_ms: 0,
      updated_ms: 0,
    });
    expect(await world.found()).toEqual({});
  });

  it('is left to the next run when it changed during this one', async () => {
    await held.heldOrder('moved');
    world.before = (question) => {
      // Sealed after sWorker's list was read, or found by the seal updater meanwhile.
      if (question === 'pins') held.daemon.pins.delete('moved');
    };
    await held.update('pin_record', 'moved', { updated_ms: held.clock.nowMs() });
    expect(await world.found()).toEqual({});
    world.before = async (question) => {
      if (question === 'pins') await held.pin('newer', 'sealed');
    };
    expect(await world.found()).toEqual({});
  });

  it('is judged although its record was written while the clock was ahead', async () => {
    await held.heldOrder('unpinned');
    held.daemon.pins.delete('unpinned');
    await held.update('pin_record', 'unpinned', { updated_ms: held.clock.nowMs() + 365 * DAY_MS });
    expect(await world.found()).toEqual({ 'sealed-not-pinned': 1 });
  });

  it('is asked for by name before a held file counts as missing', async () => {
    await held.heldOrder('between');
    const file = held.sworker.files.held.get('between');
    held.sworker.files.held.delete('between');
    world.before = (question) => {
      if (question === 'pins' && file !== undefined) held.sworker.files.held.set('between', file);
    };
    expect(await world.found()).toEqual({});
  });
});

describe('a guarded move', () => {
  it('decides a handled order anew that no record and no sWorker holds', async () => {
    await held.knownOrder('unheld', 'handled', { verdict: 'take' });
    const { classes } = await world.report(true);
    expect(classes['handled-not-held']).toMatchObject({ files: 1, healed: 1, remedies: { 'decide-anew': 1 } });
    expect(await held.orderRow('unheld')).toMatchObject({ status: 'new', verdict: null, gone_count: 0 });
    expect(await world.found(true)).toEqual({});
  });

  it('is not made for one that sWorker knows by name, or has pending', async () => {
    await held.knownOrder('there', 'handled');
    held.sworker.preload([{ cid: 'there', sizeBytes: 1 }]);
    await held.knownOrder('sealing', 'handled');
    held.sworker.seals.start('sealing');
    expect(await world.found(true)).toEqual({ 'pending-without-record': 1 });
    expect((await held.orderRow('there')).status).toBe('handled');
    expect((await held.orderRow('sealing')).status).toBe('handled');
  });

  it('has a sealed file pinned again whose pin is missing', async () => {
    await held.heldOrder('unpinned');
    held.daemon.pins.delete('unpinned');
    expect((await world.report(false)).classes['sealed-not-pinned']).toMatchObject({ files: 1, healed: 0 });
    expect(held.daemon.pins.has('unpinned')).toBe(false);
    const { classes } = await world.report(true);
    expect(classes['sealed-not-pinned']).toMatchObject({ files: 1, healed: 1, remedies: { 'pin-again': 1 } });
    expect(held.daemon.pins.has('unpinned')).toBe(true);
    expect(await world.found(true)).toEqual({});
  });

  it('begins the cleanup of a closed order whose file is held, once', async () => {
    await held.heldOrder('closed');
    await held.update('file_record', 'closed', { status: 'closed' });
    const { classes } = await world.report(true);
    expect(classes['held-without-order']).toMatchObject({ files: 1, healed: 1, remedies: { 'begin-cleanup': 1 } });
    expect(await held.cleanupRow('closed')).toMatchObject({ status: 'seen', cause: 'found' });
    expect(await world.found(true)).toEqual({});
    expect(held.deletions).toEqual([]);
  });

  it('begins the cleanup of a pin that a pull made for an order that is closed since, which takes it away', async () => {
    await held.knownOrder(cid, 'closed');
    await held.pin(cid, 'removed');
    held.daemon.pins.add(cid);
    const { classes } = await world.report(true);
    expect(classes['pinned-not-sealed']).toMatchObject({ files: 1, healed: 1, remedies: { 'begin-unpin': 1 } });
    expect(held.daemon.pins.has(cid)).toBe(true);
    expect(await world.found(true)).toEqual({});

    const running = await held.start(held.cleanup({ graceBlocks: 0 }));
    await held.mine(10);
    await running.after(roundMs);
    expect(held.daemon.pins.has(cid)).toBe(false);
    expect(await held.cleanupRow(cid)).toMatchObject({ status: 'done', detail: 'absent' });
  });

  it('begins so few for pins at once that they are not taken for an outage of the chain', async () => {
    for (let i = 0; i < 25; i += 1) {
      await held.knownOrder(cidOf(i), 'closed');
      await held.pin(cidOf(i), 'removed');
      held.daemon.pins.add(cidOf(i));
    }
    expect((await world.report(true)).classes['pinned-not-sealed']).toMatchObject({ files: 25, healed: 19 });
    expect((await world.report(true)).classes['pinned-not-sealed']).toMatchObject({ files: 6, healed: 0 });
    const standing = await new Cleanups(held.database).standing(held.chain.head);
    expect(judgeUnproven(standing, 5)).toBe('go');
  });

  it('begins none for a pin of an order that lives, is pulled, or that stood before', async () => {
    const pins = ['lives', 'pulled', 'before'];
    for (const name of pins) {
      await held.knownOrder(name, 'closed');
      await held.pin(name, 'failed', name === 'before' ? { pinned_before: 1 } : {});
    }
    await held.update('file_record', 'lives', { status: 'queued' });
    await held.pin('pulled', 'running');
    const ids = await held.database.read(
      async (reader) => await reader('file_record').whereIn('cid', pins).pluck('id'),
    );
    expect(await new ReconcileRows(held.database).beginUnpins(ids as number[], 1)).toBe(0);
    await held.update('file_record', 'lives', { status: 'closed' });
    expect(await new ReconcileRows(held.database).beginUnpins(ids as number[], 1)).toBe(1);
    expect(await new ReconcileRows(held.database).beginUnpins(ids as number[], 1)).toBe(0);
  });
});

describe('an outage in the middle', () => {
  const sources: readonly (readonly [string, () => void])[] = [
    ['the chain at the start', () => (world.before = failing('head', 'CHAIN_UNREACHABLE', 1))],
    ['the chain at the end', () => (world.before = failing('head', 'CHAIN_UNREACHABLE', 2))],
    ['the daemon', () => (world.before = failing('pins', 'IPFS_UNREACHABLE', 1))],
    ['the daemon within its list', () => (world.before = failing('next pin', 'IPFS_UNREACHABLE', 2))],
    ['sWorker, its pending list', () => failRoute('type=pending')],
    ['sWorker, its lost list', () => failRoute('type=lost')],
    ['sWorker, its valid list', () => failRoute('type=valid')],
    ['sWorker, asked by name', () => failRoute('/file/info?')],
    ['a list of sWorker that breaks off', () => (held.transport.before = cutAt('type=valid'))],
  ];

  it.each(sources)('of %s ends the run without conclusions', async (_, breakIt) => {
    await oneOfEach();
    await held.knownOrder('unheld', 'handled');
    breakIt();
    await expect(world.run(true)).rejects.toThrow(SmError);
    expect(await held.facts.find('reconcile-report')).toBeUndefined();
    expect((await held.orderRow('unheld')).status).toBe('handled');
    expect(held.deletions).toEqual([]);
  });

  function failing(question: string, code: 'CHAIN_UNREACHABLE' | 'IPFS_UNREACHABLE', nth: number) {
    let asked = 0;
    return (now: string): void => {
      if (now === question) asked += 1;
      if (now === question && asked === nth) throw new SmError(code, 'away');
    };
  }

  function failRoute(route: string): void {
    held.transport.before = (path) => {
      if (path.includes(route)) throw new Error('connect ECONNREFUSED');
      return undefined;
    };
  }

  function cutAt(route: string) {
    return (path: string): string | undefined => (path.includes(route) ? '{"fine":{"size":1024,"s_si' : undefined);
  }
});

describe('nothing is concluded', () => {
  const gaps = { from_block: 1, to_block: 2, reason: 'pruned', found_ms: 0 };

  it.each<[string, () => Promise<void>]>([
    ['before a walk has seen all orders', async () => await change('DELETE FROM walk')],
    ['while a gap is open', async () => await held.database.write('event', async (tx) => await tx('gap').insert(gaps))],
    ['while events of more than an hour are to be read', async () => held.chain.mine(HOUR_BLOCKS + 1)],
    ['before events are read at all', async () => await change("DELETE FROM config WHERE name = 'event-cursor'")],
    ['before the seal updater has compared', async () => await change("DELETE FROM config WHERE name = 'held-scan'")],
  ])('%s', async (_, prepare) => {
    held.sworker.preload([{ cid: 'stray', sizeBytes: 1 }]);
    await prepare();
    expect(await world.run(true)).toMatchObject({ kind: 'unready' });
    expect(await held.facts.find('reconcile-report')).toBeUndefined();
  });

  async function change(sql: string): Promise<void> {
    await held.database.write('event', async (tx) => await tx.raw(sql));
  }
});

describe('memory', () => {
  it('holds no more of a long list than a slice: what was taken from the daemon is looked up before the next comes', async () => {
    const parts = world.parts();
    const { rows } = parts.store;
    let taken = 0;
    let largestSlice = 0;
    let mostAhead = 0;
    let lookedUp = 0;
    const recordsOf = rows.recordsOf.bind(rows);
    rows.recordsOf = async (cids) => {
      largestSlice = Math.max(largestSlice, cids.length);
      if (taken > 0) lookedUp += cids.length;
      return await recordsOf(cids);
    };
    const pins = 20_500;
    const ipfs = {
      ...parts.ipfs,
      async *pinnedRoots() {
        for (let pin = 0; pin < pins; pin += 1) {
          taken += 1;
          mostAhead = Math.max(mostAhead, taken - lookedUp);
          yield `theirs ${pin}`;
        }
      },
    };
    await world.report(false, { ...parts, ipfs });
    expect([taken, lookedUp]).toEqual([pins, pins]);
    expect(largestSlice).toBe(1000);
    expect(mostAhead).toBeLessThanOrEqual(1001);
  });

  it('holds no more rows than a page, and no more examples or moves than some', async () => {
    const parts = world.parts();
    const { rows } = parts.store;
    let largest = 0;
    const recordStates = rows.recordStates.bind(rows);
    rows.recordStates = async (ids) => {
      largest = Math.max(largest, ids.length);
      return await recordStates(ids);
    };
    const fill = 2500;
    await held.database.write('bulk', async (tx) => {
      for (let at = 0; at < fill; at += 1) {
        await tx('pin_record').insert({
          cid: `held ${at}`,
          size_bytes: 1,
          status: 'sealed',
          cause: 'found',
          started_ms: 0,
          started_block: 1,
          updated_ms: 0,
        });
      }
    });
    held.sworker.preload(Array.from({ length: fill }, (_, at) => ({ cid: `held ${at}`, sizeBytes: 1 })));
    const { classes } = await world.report(false, parts);
    expect(classes['held-without-order'].files).toBe(fill);
    expect(classes['held-without-order'].examples.length).toBe(5);
    expect(largest).toBe(1000);
  });
});
