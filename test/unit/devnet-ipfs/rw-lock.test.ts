import { array, assert, asyncProperty, constantFrom } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RwLock } from '../../../devnet/ipfs/sealing/rw-lock.ts';
import { settle } from '../../support/manual-clock.ts';

describe('the lock between pins and garbage collection', () => {
  it('never lets a writer in beside anyone, and serves in order of arrival', async () => {
    const kinds = array(constantFrom('read' as const, 'write' as const), { minLength: 1, maxLength: 12 });
    await assert(
      asyncProperty(kinds, async (arrivals) => {
        const lock = new RwLock();
        const holding: { kind: string; index: number; release: () => void }[] = [];
        const served: number[] = [];
        const all = arrivals.map(async (kind, index) => {
          const release = await lock[kind]();
          served.push(index);
          holding.push({ kind, index, release });
          expect(kind === 'read' ? holding.every((other) => other.kind === 'read') : holding.length === 1).toBe(true);
        });
        while (served.length < arrivals.length) {
          await settle();
          holding.shift()?.release();
        }
        await Promise.all(all);
        expect(served).toEqual(arrivals.map((_, index) => index));
      }),
    );
  });

  it('lets readers pass again when the waiting writer gives up', async () => {
    const lock = new RwLock();
    const reading = await lock.read();
    const writer = new AbortController();
    const writing = lock.write(writer.signal);
    const later = lock.read();
    await lock.untilWaiting(2);
    writer.abort(new Error('gave up'));
    await expect(writing).rejects.toThrow('gave up');
    (await later)();
    reading();
    await expect(lock.read(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    (await lock.write())();
  });
});
