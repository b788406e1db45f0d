import { TypeRegistry } from '@polkadot/types';
import { xxhashAsU8a } from '@polkadot/util-crypto';
import * as fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { parseStorageKey } from '../../../src/clients/chain/keys/order-key.ts';
import { crustTypes } from '../../../src/clients/chain/crust-types.ts';
import { decodeFileInfo } from '../../../devnet/chain/records/file-info.ts';
import { benchGroup, BenchWorld } from '../../bench/chain/bench-world.ts';
import { cidOf } from '../../bench/chain/orders/order-cid.ts';
import { KEY_CHARACTERS, OrderIndex } from '../../bench/chain/orders/order-index.ts';
import { OrderLife } from '../../bench/chain/orders/order-life.ts';

const anOrder = fc.nat({ max: 2 ** 23 - 2 });
const aSeed = fc.integer();

describe('the CIDs of made-up orders', () => {
  it('are CIDv0 of sha2-256 that the IPFS project accepts', () => {
    fc.assert(
      fc.property(aSeed, anOrder, (seed, order) => {
        const cid = CID.parse(cidOf(seed, order));
        expect([cid.version, cid.multihash.code, cid.multihash.size]).toEqual([0, 0x12, 32]);
        expect(cid.toString()).toBe(cidOf(seed, order));
      }),
    );
  });

  it('differ', () => {
    const cids = new Set(Array.from({ length: 50_000 }, (_, order) => cidOf(3, order)));
    expect(cids.size).toBe(50_000);
  });
});

describe('the index of made-up orders', () => {
  const index = new OrderIndex(7, 20_000);

  it('has every order once, in the order of its storage keys, each with the hash that belongs to it', () => {
    const orders = new Set<number>();
    let before = '';
    for (let place = 0; place < index.count; place += 1) {
      const key = index.keyAt(place);
      expect(key.length).toBe(KEY_CHARACTERS);
      expect(key > before).toBe(true);
      const parsed = parseStorageKey(key);
      expect(parsed.text).toBe(cidOf(7, index.orderAt(place)));
      expect(parsed.position).toBe(index.positionAt(place));
      orders.add(index.orderAt(place));
      before = key;
    }
    expect(orders.size).toBe(20_000);
  });

  it('hashes as the chain does', () => {
    const bytes = Buffer.from(index.keyAt(5).slice(2), 'hex');
    expect(bytes.subarray(32, 40)).toEqual(Buffer.from(xxhashAsU8a(bytes.subarray(40), 64)));
  });

  it('finds an order by its storage key, and none by any other', () => {
    fc.assert(
      fc.property(fc.nat({ max: index.count - 1 }), fc.nat({ max: KEY_CHARACTERS - 1 }), (place, at) => {
        const text = Buffer.from(`["${index.keyAt(place)}"]`, 'latin1');
        expect(index.find(text, 2)).toBe(index.orderAt(place));
        text[2 + at] = text[2 + at] === 0x61 ? 0x62 : 0x61;
        expect(index.find(text, 2)).toBe(-1);
      }),
    );
  });

  it('tells where to go on behind any key, existing or not', () => {
    const keys = Array.from({ length: index.count }, (_, place) => index.keyAt(place));
    const aKey = fc.oneof(
      fc.constantFrom(...keys),
      fc.tuple(fc.constantFrom(...keys), fc.nat({ max: KEY_CHARACTERS })).map(([key, length]) => key.slice(0, length)),
      fc.tuple(fc.constantFrom(...keys), fc.stringMatching(/^[0-9a-f]{1,9}$/)).map(([key, more]) => key + more),
      fc
        .tuple(fc.constantFrom(...keys), fc.stringMatching(/^[0-9a-f]{8}$/))
        .map(([key, hash]) => key.slice(0, 66) + hash),
      fc.constantFrom('0x', '0x00', '0xff'),
    );
    const linear = (isIt: (key: string) => boolean): number => {
      const place = keys.findIndex(isIt);
      return place < 0 ? keys.length : place;
    };
    fc.assert(
      fc.property(aKey, (key) => {
        expect(index.placeOf(key, true)).toBe(linear((other) => other > key));
        expect(index.placeOf(key, false)).toBe(linear((other) => other >= key));
      }),
    );
  });
});

describe('the values of made-up orders', () => {
  const registry = new TypeRegistry();
  registry.register(crustTypes);

  it.each([{ heaviest: false }, { heaviest: true }])('say what they are expected to say, $heaviest', ({ heaviest }) => {
    const world = new BenchWorld({ orders: 1000, heaviest });
    const out = Buffer.alloc(100_000);
    fc.assert(
      fc.property(anOrder, fc.nat({ max: 3 }), (order, version) => {
        const hex = out.toString('latin1', 0, world.values.write(order, version, out, 0));
        expect(hex.length).toBeLessThanOrEqual(world.values.maxCharacters(order, version));
        const bytes = Buffer.from(hex, 'hex');
        const file = decodeFileInfo(bytes);
        const owners = file.replicas.map(({ owner }) => owner);
        expect(owners).toEqual(owners.toSorted());
        expect(new Set(owners).size).toBe(owners.length);
        const own = file.replicas.find(({ owner }) => owner === `0x${benchGroup.ownerHex}`);
        const expected = world.values.figures(order, version);
        expect(expected).toEqual({
          sizeBytes: Number(file.sizeBytes),
          rewardPico: Number(file.amountPico),
          calculatedBlock: file.calculatedAtBlock,
          expiryBlock: file.expiresAtBlock,
          replicas: file.replicas.length,
          groupHold: own === undefined ? 0 : own.who === `0x${benchGroup.accountHex}` ? 2 : 1,
        });
        expect(file.expiresAtBlock === 0).toBe(file.replicas.length === 0);
        expect(registry.createType('FileInfoV2', bytes).toU8a()).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: heaviest ? 5 : 30 },
    );
  });

  it('have 0 to 120 replicas, 40 on average, and the own group in some of them', () => {
    const { values } = new BenchWorld({ orders: 1 });
    const figures = Array.from({ length: 20_000 }, (_, order) => values.figures(order, 0));
    const counts = figures.map(({ replicas }) => replicas);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([0, 120]);
    expect(counts.reduce((sum, count) => sum + count) / counts.length).toBeCloseTo(40, -0.5);
    for (const hold of [0, 1, 2])
      expect(figures.filter(({ groupHold }) => groupHold === hold).length).toBeGreaterThan(100);
  });

  it('change with every version', () => {
    const { values } = new BenchWorld({ orders: 1 });
    fc.assert(
      fc.property(anOrder, fc.nat({ max: 5 }), (order, version) => {
        expect(values.figures(order, version + 1)).not.toEqual(values.figures(order, version));
      }),
    );
  });
});

describe('the days of made-up orders', () => {
  const orders = 40_000;
  const life = new OrderLife({ seed: 5, orders, days: 8 });
  const all = Array.from({ length: life.everOrdered }, (_, order) => order);

  it('begin with all of them', () => {
    expect(life.countOn(0)).toBe(orders);
    for (const order of all.slice(0, orders)) expect(life.versionOn(order, 0)).toBe(0);
  });

  it('bring one per cent, end one per cent and change five per cent each', () => {
    for (let day = 1; day <= 8; day += 1) {
      const born = all.filter((order) => life.existsOn(order, day) && !life.existsOn(order, day - 1));
      const gone = all.filter((order) => !life.existsOn(order, day) && life.existsOn(order, day - 1));
      const changed = all.filter(
        (order) => life.existsOn(order, day - 1) && life.versionOn(order, day) > life.versionOn(order, day - 1),
      );
      expect(born.length / orders).toBeCloseTo(0.01, 2.5);
      expect(gone.length / orders).toBeCloseTo(0.01, 2.5);
      expect(changed.length / orders).toBeCloseTo(0.05, 2);
    }
  });

  it('leave everything as it was on a chain that stands still', () => {
    const still = new OrderLife({ seed: 5, orders: 1000, days: 8, isStill: true });
    expect(still.everOrdered).toBe(1000);
    for (let order = 0; order < 1000; order += 1) {
      expect(still.existsOn(order, 8)).toBe(true);
      expect(still.versionOn(order, 8)).toBe(0);
    }
  });

  it('never bring back who is gone', () => {
    expect(all.every((order) => life.goneOn(order) > life.bornOn(order))).toBe(true);
  });
});
