import { beforeEach, describe, expect, it } from 'vitest';
import { type KeptPins, PinKeeper } from '../../../../src/care/reconcile/pin-keeper.ts';
import { SmError } from '../../../../src/domain/errors.ts';
import type { HeldWorld } from '../../../support/held-world.ts';
import { type ReconcileWorld, reconcileWorld } from '../../../support/reconcile-world.ts';

const going = new AbortController().signal;
const nothing: KeptPins = { pinned: 0, incomplete: 0, refused: 0, firstRefusal: undefined };
let world: ReconcileWorld;
let held: HeldWorld;
let asked: string[];

beforeEach(async () => {
  world = await reconcileWorld();
  held = world.held;
  asked = [];
  world.daemonPins = async (cid) => {
    asked.push(cid);
    return { kind: 'pinned' };
  };
  await held.heldOrder('fine');
});

async function keepAll(): Promise<KeptPins> {
  return await new PinKeeper(world.parts()).keepAll(going);
}

async function unpinned(cid: string): Promise<void> {
  await held.heldOrder(cid);
  held.daemon.pins.delete(cid);
}

describe('a sealed file whose pin is missing', () => {
  it('is pinned again, and only it', async () => {
    await unpinned('a');
    await unpinned('b');
    expect(await keepAll()).toEqual({ ...nothing, pinned: 2 });
    expect(asked.toSorted()).toEqual(['a', 'b']);
    expect(await keepAll()).toEqual(nothing);
    expect(asked.length).toBe(2);
  });

  it('is counted when the daemon cannot pin it, and keeps no other from being pinned', async () => {
    for (const cid of ['half', 'odd', 'odder', 'whole']) await unpinned(cid);
    world.daemonPins = async (cid) =>
      cid === 'half'
        ? { kind: 'incomplete' }
        : cid.startsWith('odd')
          ? { kind: 'refused', message: 'no file' }
          : { kind: 'pinned' };
    expect(await keepAll()).toEqual({ pinned: 1, incomplete: 1, refused: 2, firstRefusal: 'odd: no file' });
    expect([...held.daemon.pins].toSorted()).toEqual(['fine', 'whole']);
  });

  it.each<[string, () => Promise<void>]>([
    ['its order is closed', async () => await held.update('file_record', 'a', { status: 'closed' })],
    ['no order is known', async () => await held.update('file_record', 'a', { cid: 'b' })],
    ['it is lost', async () => await held.update('pin_record', 'a', { status: 'lost', lost_block: 1 })],
    ['its record is over', async () => await held.update('pin_record', 'a', { status: 'removed' })],
    ['a pull of it runs', async () => await held.pin('a', 'running')],
    ['its cleanup is open', async () => await openCleanup('a')],
    ['sWorker has lost it since', async () => held.sworker.loseFiles(['a'])],
    ['sWorker does not have it', async () => void held.sworker.files.held.delete('a')],
  ])('is left as it is when %s', async (_, change) => {
    await unpinned('a');
    await change();
    expect(await keepAll()).toEqual(nothing);
    expect(asked).toEqual([]);
  });

  it('is left as it is when it was pinned while the list was read', async () => {
    await unpinned('a');
    const parts = world.parts();
    const ipfs = {
      ...parts.ipfs,
      async *pinnedRoots() {
        yield 'fine';
        held.daemon.pins.add('a');
      },
    };
    expect(await new PinKeeper({ ...parts, ipfs }).keepAll(going)).toEqual(nothing);
    expect(asked).toEqual([]);
  });
});

describe('a pull that ended without a held record', () => {
  const unheld = async (cid: string, record: 'interrupted' | 'failed', order: 'queued' | 'failed'): Promise<void> => {
    await held.knownOrder(cid, order);
    await held.pin(cid, record, { order_id: (await held.orderRow(cid)).id });
  };

  it('has its file pinned again when the daemon ended the seal after all', async () => {
    await unheld('late', 'interrupted', 'queued');
    await unheld('later', 'failed', 'failed');
    await unheld('never', 'interrupted', 'queued');
    held.sworker.preload(['late', 'later'].map((cid) => ({ cid, sizeBytes: 1024 })));
    expect(await keepAll()).toEqual({ ...nothing, pinned: 2 });
    expect(asked.toSorted()).toEqual(['late', 'later']);
  });

  it('is left as it is when its order is closed, or another pull came later', async () => {
    await unheld('closed', 'interrupted', 'queued');
    await held.update('file_record', 'closed', { status: 'closed' });
    await unheld('again', 'interrupted', 'queued');
    await held.pin('again', 'running');
    held.sworker.preload(['closed', 'again'].map((cid) => ({ cid, sizeBytes: 1024 })));
    expect(await keepAll()).toEqual(nothing);
  });
});

describe('an outage', () => {
  it('of the list of pins concludes nothing: a file behind its end may be pinned', async () => {
    await unpinned('a');
    world.before = (question) => {
      if (question === 'next pin') throw new SmError('IPFS_UNREACHABLE', 'broke off');
    };
    await expect(keepAll()).rejects.toThrow('broke off');
    expect(asked).toEqual([]);
  });

  it('of sWorker is none of its answers', async () => {
    await unpinned('a');
    held.transport.before = () => {
      throw new TypeError('fetch failed');
    };
    await expect(keepAll()).rejects.toThrow('fetch failed');
    expect(asked).toEqual([]);
  });
});

async function openCleanup(cid: string): Promise<void> {
  await held.row('cleanup_record', {
    cid,
    status: 'seen',
    cause: 'event',
    seen_block: 1,
    created_ms: 0,
    updated_ms: 0,
  });
}
