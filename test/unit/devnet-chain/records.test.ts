import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { toHex } from '../../../devnet/chain/hex.ts';
import { decodeFileInfo, encodeFileInfo } from '../../../devnet/chain/records/file-info.ts';
import { encodeAccountInfo } from '../../../devnet/chain/records/account-info.ts';
import { encodeMultisig } from '../../../devnet/chain/records/multisig.ts';
import {
  decodeGroup,
  decodeIdentity,
  decodePublicKeyInfo,
  decodeWorkReport,
  encodeGroup,
  encodeIdentity,
  encodePublicKeyInfo,
  encodeWorkReport,
} from '../../../devnet/chain/records/swork.ts';
import { registryOf } from './support/decode.ts';

const registry = registryOf(25);
const account = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const anchor = fc.uint8Array({ minLength: 64, maxLength: 64 });
const block = fc.nat(0xffff_ffff);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u128 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

const replica = fc.record({
  owner: account,
  who: account,
  validAtBlock: block,
  anchor,
  isReported: fc.boolean(),
  createdAtBlock: fc.option(block, { nil: undefined }),
});

const fileInfo = fc.record({
  sizeBytes: u64,
  spower: u64,
  expiresAtBlock: block,
  calculatedAtBlock: block,
  amountPico: fc.oneof(u128, fc.bigInt({ min: 0n, max: 2n ** 31n })),
  prepaidPico: u128,
  reportedReplicaCount: block,
  remainingPaidCount: fc.nat(4),
  replicas: fc.uniqueArray(replica, { selector: ({ owner }) => owner, maxLength: 12 }),
});

describe('a FilesV2 value', () => {
  it('is read by polkadot as it was meant, and read back unchanged', () => {
    fc.assert(
      fc.property(fileInfo, (file) => {
        const bytes = encodeFileInfo(file);
        const replicas = [...file.replicas].sort((a, b) => (a.owner < b.owner ? -1 : 1));
        expect(decodeFileInfo(bytes)).toEqual({ ...file, replicas });
        const codec = registry.createType('FileInfoV2', bytes);
        expect(codec.toHex()).toBe(toHex(bytes));
        expect(codec.toJSON()).toMatchObject({
          expired_at: file.expiresAtBlock,
          calculated_at: file.calculatedAtBlock,
          reported_replica_count: file.reportedReplicaCount,
        });
      }),
    );
  });

  it.each([
    [0, 38],
    [1, 178],
    [4, 598],
    [200, 28_039],
  ])('with %i replicas has the size that the real chain has measured', (count, bytes) => {
    const replicas = Array.from({ length: count }, (_, i) => {
      const owner = toHex(new Uint8Array(32).fill(i));
      return { owner, who: owner, validAtBlock: 1, anchor: new Uint8Array(64), isReported: true, createdAtBlock: 1 };
    });
    const file = { sizeBytes: 1n, spower: 0n, expiresAtBlock: 1, calculatedAtBlock: 1, prepaidPico: 0n };
    const counts = { reportedReplicaCount: count, remainingPaidCount: 0 };
    expect(encodeFileInfo({ ...file, ...counts, amountPico: 2n ** 20n, replicas })).toHaveLength(bytes);
  });
});

describe('the values of swork', () => {
  it.each([
    [
      'Identity',
      107,
      encodeIdentity({ anchor: new Uint8Array(64), punishmentDeadlineSlot: 600, group: `0x${'11'.repeat(32)}` }),
    ],
    ['Identity', 75, encodeIdentity({ anchor: new Uint8Array(64), punishmentDeadlineSlot: 600, group: undefined })],
    ['Group', 2, encodeGroup({ members: [], allowlist: [] })],
    ['PKInfo', 100, encodePublicKeyInfo({ code: new Uint8Array(32), anchor: new Uint8Array(64) })],
    ['PKInfo', 34, encodePublicKeyInfo({ code: new Uint8Array(32), anchor: undefined })],
    ['AccountInfo', 76, encodeAccountInfo({ nonce: 5, freePico: 10n ** 20n })],
    [
      'WorkReport',
      98,
      encodeWorkReport({
        reportSlot: 600,
        spower: 1n,
        freeBytes: 2n,
        reportedFilesBytes: 3n,
        srdRoot: new Uint8Array(32),
        filesRoot: new Uint8Array(32),
      }),
    ],
  ])('%s of %i bytes is read whole by polkadot', (type, length, bytes) => {
    expect(bytes).toHaveLength(length);
    expect(registry.createType(type, bytes).toHex()).toBe(toHex(bytes));
  });

  it('keeps the accounts of a group in the order of their bytes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(account), fc.uniqueArray(account), (members, allowlist) => {
        const bytes = encodeGroup({ members, allowlist });
        expect(decodeGroup(bytes)).toEqual({ members: [...members].sort(), allowlist: [...allowlist].sort() });
        expect(registry.createType('Group', bytes).toHex()).toBe(toHex(bytes));
      }),
    );
  });

  it('reads back what it wrote', () => {
    const group = `0x${'22'.repeat(32)}` as const;
    const identity = { anchor: new Uint8Array(64).fill(1), punishmentDeadlineSlot: 7, group };
    expect(decodeIdentity(encodeIdentity(identity))).toEqual(identity);
    const key = { code: new Uint8Array(32).fill(2), anchor: undefined };
    expect(decodePublicKeyInfo(encodePublicKeyInfo(key))).toEqual(key);
    const roots = { srdRoot: new Uint8Array(32), filesRoot: new Uint8Array(32).fill(4) };
    const report = { reportSlot: 600, spower: 1n, freeBytes: 2n, reportedFilesBytes: 3n, ...roots };
    expect(decodeWorkReport(encodeWorkReport(report))).toEqual(report);
  });
});

describe('a Multisigs value', () => {
  it('is read whole by polkadot', () => {
    const depositor = `0x${'33'.repeat(32)}` as const;
    const bytes = encodeMultisig({ when: { height: 7, index: 2 }, depositor, approvals: [depositor] });
    const codec = registry.createType('Multisig', bytes);
    expect(codec.toHex()).toBe(toHex(bytes));
    expect(codec.toJSON()).toMatchObject({ when: { height: 7, index: 2 }, deposit: 0 });
  });
});
