import { Metadata, TypeRegistry } from '@polkadot/types';
import type { Text } from '@polkadot/types';
import type { MetadataV12 } from '@polkadot/types/interfaces';
import { blake2AsHex } from '@polkadot/util-crypto';
import { describe, expect, it } from 'vitest';

import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { itemIndex, palletTable } from '../../../devnet/chain/pallet-table.ts';
import { SPEC_VERSIONS } from '../../../devnet/chain/runtime-version.ts';
import type { SpecVersion } from '../../../devnet/chain/runtime-version.ts';

/** blake2-256 of the spec-25 metadata (documentation stripped) that the table was extracted from. */
const REAL_METADATA_HASH = '0xc1038111322b0e24768be53ba73467ce2ce21642b778b0320a084adc3b390c00';

/** The Rust spelling of a type as it stands in the metadata; polkadot shows a shortened one. */
function raw(type: Text): string {
  return Buffer.from(type.toU8a(true)).toString('utf8');
}

function decode(specVersion: SpecVersion): MetadataV12 {
  return new Metadata(new TypeRegistry(), metadataHex(specVersion)).asV12;
}

describe.each(SPEC_VERSIONS)('the metadata generated for spec %i', (specVersion) => {
  const decoded = decode(specVersion);
  const { pallets } = palletTable(specVersion);

  it('names every pallet of the table with its index', () => {
    const found = decoded.modules.map(({ name, index }) => [name.toString(), index.toNumber()]);
    expect(found).toEqual(pallets.map(({ name, index }) => [name, index]));
    expect(found).toContainEqual(['Market', 26]);
    expect(found).toContainEqual(['Swork', 25]);
    expect(found).toContainEqual(['Multisig', 30]);
    expect(found).toHaveLength(33);
  });

  it('has the calls of the table at their indices, with their argument names and types', () => {
    const found = decoded.modules.map(({ calls }) =>
      calls.isNone
        ? null
        : calls
            .unwrap()
            .map(({ name, args }) => [name.toString(), ...args.map((arg) => `${raw(arg.name)}: ${raw(arg.type)}`)]),
    );
    expect(found).toEqual(pallets.map(({ calls }) => calls));
  });

  it('has the events of the table at their indices, with their argument types', () => {
    const found = decoded.modules.map(({ events }) =>
      events.isNone ? null : events.unwrap().map(({ name, args }) => [name.toString(), ...args.map(raw)]),
    );
    expect(found).toEqual(pallets.map(({ events }) => events));
  });

  it('has the storage of the table, with hashers, types, modifiers and fallbacks', () => {
    const found = decoded.modules.map(({ storage }) =>
      storage.isNone
        ? null
        : storage.unwrap().items.map(({ name, modifier, type, fallback }) => {
            const keys = type.isMap
              ? [[type.asMap.hasher.type, raw(type.asMap.key)]]
              : type.isDoubleMap
                ? [
                    [type.asDoubleMap.hasher.type, raw(type.asDoubleMap.key1)],
                    [type.asDoubleMap.key2Hasher.type, raw(type.asDoubleMap.key2)],
                  ]
                : [];
            const value = type.isPlain ? type.asPlain : type.isMap ? type.asMap.value : type.asDoubleMap.value;
            return {
              name: name.toString(),
              modifier: modifier.type,
              keys,
              value: raw(value),
              fallback: fallback.toHex(),
            };
          }),
    );
    expect(found).toEqual(pallets.map(({ storage }) => storage));
  });

  it('has the constants and errors of the table', () => {
    const found = decoded.modules.map(({ constants, errors }) => ({
      constants: constants.map(({ name, type, value }) => [name.toString(), raw(type), value.toHex()]),
      errors: errors.map(({ name }) => name.toString()),
    }));
    expect(found).toEqual(pallets.map(({ constants, errors }) => ({ constants, errors })));
  });

  it('is of version 12 and lists the signed extensions that decide how extrinsics are read', () => {
    expect(metadataHex(specVersion).startsWith('0x6d6574610c')).toBe(true);
    expect(decoded.extrinsic.version.toNumber()).toBe(4);
    expect(decoded.extrinsic.signedExtensions.map(String)).toEqual([
      'CheckSpecVersion',
      'CheckTxVersion',
      'CheckGenesis',
      'CheckMortality',
      'CheckNonce',
      'CheckWeight',
      'ChargeTransactionPayment',
    ]);
  });
});

describe('the table of pallets', () => {
  it('gives, byte for byte, the metadata it was extracted from', () => {
    expect(blake2AsHex(metadataHex(25), 256)).toBe(REAL_METADATA_HASH);
  });

  it.each([
    ['calls', 'Market', 'place_storage_order', [26, 0]],
    ['calls', 'Market', 'add_prepaid', [26, 1]],
    ['calls', 'Market', 'update_replicas', [26, 3]],
    ['calls', 'Market', 'calculate_reward', [26, 6]],
    ['calls', 'Utility', 'batch_all', [23, 2]],
    ['events', 'Market', 'FileSuccess', [26, 0]],
    ['events', 'Market', 'UpdateReplicasSuccess', [26, 9]],
    ['events', 'Market', 'FileClosed', [26, 10]],
    ['events', 'Swork', 'QueueWorkReportSuccess', [25, 13]],
    ['errors', 'Market', 'FileTooLarge', [26, 4]],
  ] as const)('knows the bytes of the %s %s.%s at spec 25', (section, pallet, name, bytes) => {
    expect([...itemIndex(palletTable(25), section, pallet, name)]).toEqual(bytes);
  });

  it('knows what spec 22 does not have', () => {
    const table = palletTable(22);
    const market = table.pallets.find(({ name }) => name === 'Market');
    expect(market?.events?.map(([name]) => name)).toEqual([
      'FileSuccess',
      'RenewFileSuccess',
      'AddPrepaidSuccess',
      'CalculateSuccess',
      'IllegalFileClosed',
      'RewardMerchantSuccess',
      'SetEnableMarketSuccess',
      'SetBaseFeeSuccess',
      'SetSpowerSuperiorSuccess',
    ]);
    expect([...itemIndex(table, 'calls', 'Market', 'calculate_reward')]).toEqual([26, 3]);
    expect([...itemIndex(table, 'events', 'Swork', 'SetSpowerSuperiorSuccess')]).toEqual([25, 13]);
    expect(() => itemIndex(table, 'events', 'Market', 'FileClosed')).toThrow('spec 22 has no Market.FileClosed');
  });
});
