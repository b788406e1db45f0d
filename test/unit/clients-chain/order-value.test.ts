import { hexToU8a, u8aToHex } from '@polkadot/util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { decodeRegistry } from '../../../src/clients/chain/events/library/registry.ts';
import { decodeOrderValue } from '../../../src/clients/chain/orders/order-value.ts';
import type { ReplicaView } from '../../../src/clients/chain/orders/order-value.ts';
import { Undecodable } from '../../../src/clients/chain/scale/undecodable.ts';

const registry = decodeRegistry({ specName: 'crust', metadata: metadataHex(25) });

interface Replica {
  owner: Uint8Array;
  who: Uint8Array;
  anchor: Uint8Array;
  reported: boolean;
  created: number | null;
}

interface Info {
  size: bigint;
  expiry: number;
  calculated: number;
  amount: bigint;
  prepaid: bigint;
  replicas: Replica[];
}

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const account = fc.uint8Array({ minLength: 32, maxLength: 32 });
const balance = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  fc.constantFrom(
    0n,
    63n,
    64n,
    16_383n,
    16_384n,
    2n ** 30n - 1n,
    2n ** 30n,
    2n ** 32n,
    2n ** 48n,
    2n ** 53n,
    2n ** 64n,
  ),
);
const anchor = fc.uint8Array({ minLength: 64, maxLength: 64 });
const replica: fc.Arbitrary<Replica> = fc.record({
  owner: account,
  who: account,
  anchor: fc.oneof({ weight: 4, arbitrary: anchor }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) }),
  reported: fc.boolean(),
  created: fc.option(u32),
});
const info: fc.Arbitrary<Info> = fc.record({
  size: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  expiry: u32,
  calculated: u32,
  amount: balance,
  prepaid: balance,
  replicas: fc.uniqueArray(replica, { maxLength: 200, selector: ({ owner }) => u8aToHex(owner) }),
});

function encoded({ size, expiry, calculated, amount, prepaid, replicas }: Info): `0x${string}` {
  const map = new Map(
    replicas.map(({ owner, who, anchor, reported, created }) => [
      registry.createType('AccountId', owner),
      { who, valid_at: 7, anchor: u8aToHex(anchor), is_reported: reported, created_at: created },
    ]),
  );
  return registry
    .createType('FileInfoV2', {
      file_size: size,
      spower: 11,
      expired_at: expiry,
      calculated_at: calculated,
      amount,
      prepaid,
      reported_replica_count: replicas.length,
      remaining_paid_count: 4,
      replicas: map,
    })
    .toHex();
}

const digits = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function viewOf(ownerHex: string | null, accountHex: string): ReplicaView {
  const ownerDigits = ownerHex === null ? null : Buffer.from(ownerHex);
  return { ownerDigits, accountDigits: Buffer.from(accountHex), groupOwner: ownerHex };
}

const nobody = viewOf(null, '00'.repeat(32));

function someInfo(replicas: number, created: number | null = 5): Info {
  const list = Array.from({ length: replicas }, (_, index) => ({
    owner: new Uint8Array(32).fill(index + 1),
    who: new Uint8Array(32).fill(255 - index),
    anchor: new Uint8Array(64).fill(index),
    reported: true,
    created,
  }));
  return { size: 1_234_567n, expiry: 100, calculated: 90, amount: 1_000_000_000n, prepaid: 0n, replicas: list };
}

function decodedOrRefused(hex: string, view: ReplicaView): unknown {
  try {
    return decodeOrderValue(hex, view);
  } catch (error) {
    if (error instanceof Undecodable) return 'refused';
    throw error;
  }
}

describe('a FilesV2 value', () => {
  it('is read as full decoding reads it', () => {
    fc.assert(
      fc.property(info, fc.nat(), fc.boolean(), (info, pick, asOwn) => {
        const hex = encoded(info);
        const [chosen] = info.replicas.slice(pick % Math.max(1, info.replicas.length));
        const ownerHex = digits(chosen?.owner ?? new Uint8Array(32));
        const accountHex = asOwn && chosen !== undefined ? digits(chosen.who) : 'ab'.repeat(32);
        const max = BigInt(Number.MAX_SAFE_INTEGER);
        expect(decodeOrderValue(hex, viewOf(ownerHex, accountHex))).toEqual({
          sizeBytes: Number(info.size > max ? max : info.size),
          rewardPico: info.amount.toString(),
          expiryBlock: info.expiry,
          calculatedBlock: info.calculated,
          replicas: info.replicas.length,
          groupHold: chosen === undefined ? 0 : asOwn ? 2 : 1,
          groupOwner: ownerHex,
        });
        expect(decodeOrderValue(hex, nobody).groupHold).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [0, null, 38],
    [1, 5, 178],
    [1, null, 174],
    [4, 5, 598],
    [200, 5, 28_039],
    [200, null, 27_239],
  ])('with %i replicas (created %s) has %i bytes', (replicas, created, bytes) => {
    const hex = encoded(someInfo(replicas, created));
    expect((hex.length - 2) / 2).toBe(bytes);
    expect(decodeOrderValue(hex, nobody).replicas).toBe(replicas);
  });

  it('is refused wherever it is cut, and with anything behind it', () => {
    const hex = encoded(someInfo(2));
    for (let length = 0; length < hex.length; length += 1) {
      expect(() => decodeOrderValue(hex.slice(0, length), nobody)).toThrow(Undecodable);
    }
    expect(() => decodeOrderValue(`${hex}00`, nobody)).toThrow(Undecodable);
  });

  it('is refused, or is the same order, when a length, a count or a tag in it was changed', () => {
    const original = encoded(someInfo(2));
    const view = viewOf('02'.repeat(32), 'fe'.repeat(32));
    const expected = decodeOrderValue(original, view);
    let refused = 0;
    const head = 8 + 8 + 4 + 4 + 4 + 1 + 4 + 4;
    const anchorLength = head + 1 + 32 + 32 + 4;
    const reported = anchorLength + 2 + 64;
    for (const at of [head, anchorLength, anchorLength + 1, reported + 1]) {
      for (let value = 0; value < 256; value += 1) {
        const bytes = hexToU8a(original);
        if (bytes[at] === value) continue;
        bytes[at] = value;
        const came = decodedOrRefused(u8aToHex(bytes), view);
        if (came === 'refused') refused += 1;
        expect(['refused', expected], `byte ${at} as ${value}`).toContainEqual(came);
      }
    }
    expect(refused).toBeGreaterThan(4 * 250);
  });

  it('never becomes another order by a changed compact amount: it is the same in all else, or refused', () => {
    const original = encoded({ ...someInfo(1), amount: 77n });
    const at = 24;
    const expected = decodeOrderValue(original, nobody);
    for (let value = 0; value < 256; value += 1) {
      const bytes = hexToU8a(original);
      bytes[at] = value;
      const came = decodedOrRefused(u8aToHex(bytes), nobody);
      const same = { ...expected, rewardPico: expect.stringMatching(/^\d+$/) };
      expect([same, 'refused']).toContainEqual(came);
    }
  });

  it('is refused when it is not hex or a compact is not in its shortest form', () => {
    const hex = encoded(someInfo(0));
    expect(() => decodeOrderValue(hex.replace('0x87', '0xG7'), nobody)).toThrow(/file_size/);
    const amountAt = 2 + 2 * 24;
    expect(() => decodeOrderValue(`${hex.slice(0, amountAt)}0300000000${hex.slice(amountAt + 8)}`, nobody)).toThrow(
      /FilesV2.amount.*shortest/,
    );
  });
});
