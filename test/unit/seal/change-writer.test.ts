import { describe, expect, it } from 'vitest';
import { ChangeWriter } from '../../../src/seal/change-writer.ts';
import type { HeldFiles, ListingChanges } from '../../../src/store/held-files.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Apply = HeldFiles['apply'];

/** Keeps what is written; a row takes so long. */
function writing(msARow: number): { writer: ChangeWriter; written: ListingChanges[] } {
  const written: ListingChanges[] = [];
  const apply: Apply = async (changes) => {
    written.push(changes);
    return await Promise.resolve(rowsOf(changes) * msARow);
  };
  const writer = new ChangeWriter({ held: { apply }, clock: new ManualClock(), headBlock: 7, state: 'valid' });
  return { writer, written };
}

const rowsOf = (changes: ListingChanges): number =>
  Object.values(changes).reduce((sum, list: readonly unknown[]) => sum + list.length, 0);
const found = (cid: string) => ({ cid, sizeBytes: 1, type: 'valid' as const });

describe('writing what a list changes', () => {
  it('writes nothing without a change, and each change once', async () => {
    const { writer, written } = writing(0.01);
    await writer.add({});
    await writer.write();
    expect(written).toEqual([]);
    await writer.add({ lost: [3], handledOrders: [5, 4] });
    await writer.write();
    await writer.write();
    expect(written).toEqual([
      { found: [], recovered: [], lost: [3], seenAgain: [], handledOrders: [4, 5], closedOrders: [] },
    ]);
  });

  it('writes in the order of the tables, records before orders, in slices that take 12 ms', async () => {
    const { writer, written } = writing(0.06);
    const names = Array.from({ length: 3000 }, (_, index) => `Qm${(index * 7919) % 3000}`);
    await writer.add({ handledOrders: names.map((_, index) => (index * 7919) % 3000) });
    await writer.add({ found: names.map(found) });
    await writer.write();
    expect(written.flatMap((changes) => changes.found.map(({ cid }) => cid))).toEqual(names.toSorted());
    const orders = written.flatMap((changes) => changes.handledOrders);
    expect(orders).toEqual(Array.from({ length: 3000 }, (_, index) => index));
    expect(written.every((changes) => rowsOf(changes) <= 200)).toBe(true);
    expect(written).toHaveLength(30);
    const firstOrder = written.findIndex((changes) => changes.handledOrders.length > 0);
    expect(written.slice(firstOrder + 1).every((changes) => changes.found.length === 0)).toBe(true);
  });

  it('keeps what CIDs and sizes are', async () => {
    const { writer, written } = writing(1);
    const files = ['é', '', '😀', 'z'.repeat(200), 'Qm'].map((cid, index) => ({
      ...found(cid),
      sizeBytes: 2 ** 52 + index,
    }));
    await writer.add({ found: files });
    await writer.write();
    const byBytes = files.toSorted((a, b) => Buffer.compare(Buffer.from(a.cid), Buffer.from(b.cid)));
    expect(written.flatMap((changes) => changes.found)).toEqual(byBytes);
  });

  it('does not collect without end', async () => {
    const { writer, written } = writing(0.001);
    for (let slice = 0; slice < 40; slice += 1) {
      await writer.add({ found: Array.from({ length: 1000 }, (_, index) => found(`Qm${slice * 1000 + index}`)) });
    }
    expect(written.reduce((sum, changes) => sum + rowsOf(changes), 0)).toBe(32_000);
  });
});
