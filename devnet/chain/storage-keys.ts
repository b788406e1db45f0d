import { blake2AsU8a, xxhashAsU8a } from '@polkadot/util-crypto';

import type { AccountId } from './accounts.ts';
import { accountBytes } from './accounts.ts';
import { toHex } from './hex.ts';
import type { Hex } from './hex.ts';
import { byteVec, concat, u64 } from './scale/write.ts';

const prefixes = new Map<string, Hex>();

/** twox128 of the pallet's prefix and of the item's name: the whole key of a plain value, the prefix of a map. */
export function itemKey(prefix: string, item: string): Hex {
  const name = `${prefix}.${item}`;
  let key = prefixes.get(name);
  if (key === undefined) {
    key = toHex(concat([xxhashAsU8a(prefix, 128), xxhashAsU8a(item, 128)]));
    prefixes.set(name, key);
  }
  return key;
}

function twox64Concat(key: Uint8Array): string {
  return toHex(concat([xxhashAsU8a(key, 64), key])).slice(2);
}

function blake2Concat(key: Uint8Array): string {
  return toHex(concat([blake2AsU8a(key, 128), key])).slice(2);
}

/** Key of `Market.FilesV2` for the CID text as the customer typed it. */
export function fileKey(cid: Uint8Array): Hex {
  return `${itemKey('Market', 'FilesV2')}${twox64Concat(byteVec(cid))}`;
}

export function systemAccountKey(account: AccountId): Hex {
  return `${itemKey('System', 'Account')}${blake2Concat(accountBytes(account))}`;
}

export function identityKey(account: AccountId): Hex {
  return `${itemKey('Swork', 'Identities')}${blake2Concat(accountBytes(account))}`;
}

export function groupKey(owner: AccountId): Hex {
  return `${itemKey('Swork', 'Groups')}${blake2Concat(accountBytes(owner))}`;
}

export function workReportKey(anchor: Uint8Array): Hex {
  return `${itemKey('Swork', 'WorkReports')}${twox64Concat(byteVec(anchor))}`;
}

export function pubKeyKey(publicKey: Uint8Array): Hex {
  return `${itemKey('Swork', 'PubKeys')}${twox64Concat(byteVec(publicKey))}`;
}

export function reportedInSlotKey(anchor: Uint8Array, slot: number): Hex {
  return `${itemKey('Swork', 'ReportedInSlot')}${twox64Concat(byteVec(anchor))}${twox64Concat(u64(slot))}`;
}

export function multisigKey(multisig: AccountId, callHash: Uint8Array): Hex {
  return `${itemKey('Multisig', 'Multisigs')}${twox64Concat(accountBytes(multisig))}${blake2Concat(callHash)}`;
}
