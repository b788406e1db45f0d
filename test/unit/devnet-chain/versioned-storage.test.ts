import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Hex } from '../../../devnet/chain/hex.ts';
import { VersionedStorage } from '../../../devnet/chain/state/versioned-storage.ts';

const key = fc.constantFrom<Hex>('0x00', '0x01', '0x0100', '0x0101', '0x01ff', '0x02', '0xff');
const write = fc.record({ key, value: fc.option(fc.nat(255), { nil: undefined }) });
const block = fc.record({ writes: fc.array(write, { maxLength: 5 }), undone: fc.array(write, { maxLength: 3 }) });

function apply(storage: VersionedStorage, writes: readonly { key: Hex; value: number | undefined }[]): void {
  for (const { key: at, value } of writes) {
    if (value === undefined) storage.delete(at);
    else storage.put(at, Uint8Array.of(value));
  }
}

describe('the state with its history', () => {
  it('shows every retained block as it was, whatever was written, undone, deleted and pruned', () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 6 }), (blocks, keep) => {
        const storage = new VersionedStorage();
        const snapshots: Map<Hex, number>[] = [];
        for (const [number, { writes, undone }] of blocks.entries()) {
          apply(storage, writes);
          const checkpoint = storage.checkpoint();
          apply(storage, undone);
          storage.rollback(checkpoint);
          const snapshot = new Map(snapshots.at(-1));
          for (const { key: at, value } of writes) {
            if (value === undefined) snapshot.delete(at);
            else snapshot.set(at, value);
          }
          for (const [at, value] of snapshot) expect(storage.get(at)).toEqual(Uint8Array.of(value));
          storage.commit(number);
          snapshots.push(snapshot);
          if (number >= keep) storage.prune(number - keep);
        }
        for (const [number, snapshot] of snapshots.entries()) {
          if (number <= blocks.length - 1 - keep) continue;
          const keys = [...snapshot.keys()].sort();
          expect(storage.keysAt('0x', number, 1000)).toEqual(keys);
          for (const at of keys) expect([...(storage.getAt(at, number) ?? [])]).toEqual([snapshot.get(at)]);
        }
      }),
    );
  });

  it('pages through the keys of a prefix in byte order', () => {
    const storage = new VersionedStorage();
    const keys = Array.from({ length: 300 }, (_, i): Hex => `0xaa${((i * 7919) % 300).toString(16).padStart(4, '0')}`);
    for (const at of [...keys, '0xa9ffff', '0xab0000'] as Hex[]) storage.put(at, Uint8Array.of(1));
    storage.commit(1);
    const paged: Hex[] = [];
    for (;;) {
      const page = storage.keysAt('0xaa', 1, 64, paged.at(-1));
      if (page.length === 0) break;
      paged.push(...page);
    }
    expect(paged).toEqual([...keys].sort());
  });

  it('keeps a key that came back after its tombstone was pruned', () => {
    const storage = new VersionedStorage();
    storage.put('0x01', Uint8Array.of(1));
    storage.commit(1);
    storage.delete('0x01');
    storage.commit(2);
    storage.commit(3);
    for (const number of [0, 1, 2]) storage.prune(number);
    storage.put('0x01', Uint8Array.of(2));
    storage.commit(4);
    expect(storage.keysAt('0x', 4, 10)).toEqual(['0x01']);
    expect(storage.keysAt('0x', 3, 10)).toEqual([]);
  });

  it('makes a value again from its recipe each time it is read', () => {
    const storage = new VersionedStorage();
    storage.put('0x01', () => Uint8Array.of(9));
    expect(storage.get('0x01')).toEqual(Uint8Array.of(9));
    storage.commit(1);
    expect(storage.getAt('0x01', 1)).toEqual(Uint8Array.of(9));
  });
});
