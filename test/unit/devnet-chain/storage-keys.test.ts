import { Metadata, expandMetadata } from '@polkadot/types';
import { describe, expect, it } from 'vitest';

import { namedAccount } from '../../../devnet/chain/accounts.ts';
import { toHex } from '../../../devnet/chain/hex.ts';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { textBytes } from '../../../devnet/chain/runtime/call.ts';
import {
  fileKey,
  groupKey,
  identityKey,
  itemKey,
  multisigKey,
  pubKeyKey,
  reportedInSlotKey,
  systemAccountKey,
  workReportKey,
} from '../../../devnet/chain/storage-keys.ts';
import { registryOf } from './support/decode.ts';

const FILES_PREFIX = '0x5ebf094108ead4fefa73f7a3b13cb4a76ed21091d079415ef4a35264c626448d';

describe('storage keys of orders', () => {
  it.each([
    [
      'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn',
      '0000d896c60e29b7b8516d596761724b736d55335a6f695a757552614d73653732774e6e554b72477337367566573847683564796a4e6e',
    ],
    [
      'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
      'f68ddcc93c25881eec62616679626569676479727a74357366703775646d37687537367568377932366e6633656675796c71616266336f636c67747179353566627a6469',
    ],
    [
      'f01701220c3c4733ec8affd06cf9e9ff50ffc6bcd2ec85a6170004bb709669c31de94391a',
      '7635ee471eb23767250166303137303132323063336334373333656338616666643036636639653966663530666663366263643265633835613631373030303462623730393636396333316465393433393161',
    ],
  ])('are those of the real chain for %s', (cid, rest) => {
    expect(fileKey(textBytes(cid))).toBe(`${FILES_PREFIX}${rest}`);
  });
});

describe('storage keys of everything else', () => {
  const registry = registryOf(25);
  const { query } = expandMetadata(registry, new Metadata(registry, metadataHex(25)));
  const account = namedAccount('a node');
  const anchor = new Uint8Array(64).fill(7);

  it.each([
    ['System.Events', itemKey('System', 'Events'), query['system']?.['events'], []],
    ['Timestamp.Now', itemKey('Timestamp', 'Now'), query['timestamp']?.['now'], []],
    ['Swork.CurrentReportSlot', itemKey('Swork', 'CurrentReportSlot'), query['swork']?.['currentReportSlot'], []],
    ['System.Account', systemAccountKey(account), query['system']?.['account'], [account]],
    ['Swork.Identities', identityKey(account), query['swork']?.['identities'], [account]],
    ['Swork.Groups', groupKey(account), query['swork']?.['groups'], [account]],
    ['Swork.WorkReports', workReportKey(anchor), query['swork']?.['workReports'], [toHex(anchor)]],
    ['Swork.PubKeys', pubKeyKey(anchor), query['swork']?.['pubKeys'], [toHex(anchor)]],
    ['Swork.ReportedInSlot', reportedInSlotKey(anchor, 600), query['swork']?.['reportedInSlot'], [toHex(anchor), 600]],
    [
      'Multisig.Multisigs',
      multisigKey(account, new Uint8Array(32).fill(3)),
      query['multisig']?.['multisigs'],
      [account, toHex(new Uint8Array(32).fill(3))],
    ],
  ])('%s is what polkadot makes of the generated metadata', (_name, key, entry, args) => {
    if (entry === undefined) throw new Error('not in the metadata');
    // A key from polkadot begins with its compact length.
    const made = Buffer.from(entry(...args)).toString('hex');
    expect(made.endsWith(key.slice(2))).toBe(true);
    expect(made.length - key.slice(2).length).toBeLessThanOrEqual(4);
  });
});
