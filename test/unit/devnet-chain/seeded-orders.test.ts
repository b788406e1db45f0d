import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';

import { namedAccount } from '../../../devnet/chain/accounts.ts';
import { toHex } from '../../../devnet/chain/hex.ts';
import type { Hex } from '../../../devnet/chain/hex.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { fileInfo } from '../../../devnet/chain/model-files.ts';
import { seedOrders } from '../../../devnet/chain/model-seed.ts';
import type { OrderKind, SeedOptions } from '../../../devnet/chain/model-seed.ts';
import type { FileInfo } from '../../../devnet/chain/records/file-info.ts';
import { encodeFileInfo } from '../../../devnet/chain/records/file-info.ts';
import { textBytes } from '../../../devnet/chain/runtime/call.ts';
import { fileKey, itemKey } from '../../../devnet/chain/storage-keys.ts';

const FIRST = 20_000_000;

function seeded(count: number, options?: SeedOptions) {
  const chain = new ChainModel({ firstBlock: FIRST });
  const orders = seedOrders(chain, count, options);
  chain.produceBlock();
  return { chain, orders };
}

/** What every order of a kind must be at the block it was written in. */
const RULES: Record<OrderKind, (file: FileInfo) => boolean> = {
  live: (file) => file.expiresAtBlock - FIRST >= 1_728_000 && file.replicas.length > 0,
  pending: (file) => file.expiresAtBlock === 0 && FIRST - file.calculatedAtBlock < 144_000,
  abandoned: (file) => file.expiresAtBlock === 0 && FIRST - file.calculatedAtBlock > 144_000,
  expiring: (file) => file.expiresAtBlock > FIRST && file.expiresAtBlock - FIRST < 1_728_000,
  expired: (file) => file.expiresAtBlock > 0 && file.expiresAtBlock < FIRST,
  deserted: (file) => file.expiresAtBlock > FIRST && file.replicas.length === 0,
  full: (file) => file.replicas.length === 200,
  large: (file) => file.sizeBytes >= 5n * 1024n ** 3n && file.sizeBytes < 8n * 1024n ** 3n,
  empty: (file) => file.sizeBytes === 0n && file.replicas.length === 0,
  notCanonical: (file) => file.replicas.length > 0,
  notCid: (file) => file.replicas.length > 0,
};

function hexAt(chain: ChainModel, key: Hex): Hex {
  return toHex(chain.storage.getAt(key, FIRST) ?? new Uint8Array());
}

function isCanonical(text: string): boolean {
  try {
    return CID.parse(text).toString() === text;
  } catch {
    return false;
  }
}

describe('seeded orders', () => {
  it('are of every kind, each as its kind says', () => {
    const { chain, orders } = seeded(3000);
    expect(new Set(orders.map(({ kind }) => kind))).toEqual(new Set(Object.keys(RULES)));
    for (const { cid, kind } of orders) {
      const file = fileInfo(chain, cid);
      if (file === undefined) throw new Error(`${kind} ${cid} is missing`);
      expect(RULES[kind](file), `${kind} ${cid}`).toBe(true);
      expect(isCanonical(cid)).toBe(kind !== 'notCanonical' && kind !== 'notCid');
    }
    const count = chain.storage.get(itemKey('Market', 'FileKeysCount'));
    expect(Buffer.from(count ?? []).readUInt32LE()).toBe(3000);
  });

  it('are the same for the same seed, whenever they are read, and others for another', () => {
    const first = seeded(50, { seed: 4 });
    const second = seeded(50, { seed: 4 });
    expect(second.orders).toEqual(first.orders);
    for (const { cid } of first.orders) {
      const key = fileKey(textBytes(cid));
      const value = hexAt(first.chain, key);
      expect(hexAt(first.chain, key)).toBe(value);
      expect(hexAt(second.chain, key)).toBe(value);
    }
    expect(seeded(50, { seed: 5 }).orders).not.toEqual(first.orders);
  });

  it('are encoded as the chain encodes them, replicas in the order of their owners', () => {
    const group = { owner: namedAccount('owner'), who: namedAccount('member'), every: 2 };
    const { chain, orders } = seeded(60, { mix: { live: 1, full: 1 }, group });
    for (const [i, { cid }] of orders.entries()) {
      const file = fileInfo(chain, cid);
      if (file === undefined) throw new Error(`${cid} is missing`);
      expect(toHex(encodeFileInfo(file))).toBe(hexAt(chain, fileKey(textBytes(cid))));
      expect(file.replicas.some(({ owner, who }) => owner === group.owner && who === group.who)).toBe(i % 2 === 0);
      expect(new Set(file.replicas.map(({ owner }) => owner)).size).toBe(file.replicas.length);
    }
  });
});
