import { fromHex, toHex } from './hex.ts';
import type { Hex } from './hex.ts';
import { HASHERS, palletTable } from './pallet-table.ts';
import type { Pallet, PalletTable, StorageItem } from './pallet-table.ts';
import type { SpecVersion } from './runtime-version.ts';
import { bool, byteVec, concat, option, text, u8, vec } from './scale/write.ts';

const MAGIC = new TextEncoder().encode('meta');
const METADATA_VERSION = 12;
const EXTRINSIC_VERSION = 4;
const SIGNED_EXTENSIONS = [
  'CheckSpecVersion',
  'CheckTxVersion',
  'CheckGenesis',
  'CheckMortality',
  'CheckNonce',
  'CheckWeight',
  'ChargeTransactionPayment',
];
const MODIFIERS = { Optional: 0, Default: 1, Required: 2 } as const;

const encoded = new Map<SpecVersion, Hex>();

/** The runtime's metadata (V12) as `state_getMetadata` answers it; the chain's documentation strings are left out. */
export function metadataHex(specVersion: SpecVersion): Hex {
  let hex = encoded.get(specVersion);
  if (hex === undefined) {
    hex = documentedMetadataHex(specVersion, []);
    encoded.set(specVersion, hex);
  }
  return hex;
}

/** The same with these lines as the documentation of each item. */
export function documentedMetadataHex(specVersion: SpecVersion, lines: readonly string[]): Hex {
  return toHex(encodeMetadata(palletTable(specVersion), vec(lines.map(text))));
}

function encodeMetadata(table: PalletTable, docs: Uint8Array): Uint8Array {
  return concat([
    MAGIC,
    u8(METADATA_VERSION),
    vec(table.pallets.map((pallet) => encodePallet(pallet, docs))),
    u8(EXTRINSIC_VERSION),
    vec(SIGNED_EXTENSIONS.map(text)),
  ]);
}

function encodePallet(pallet: Pallet, docs: Uint8Array): Uint8Array {
  const storage =
    pallet.storage === null
      ? undefined
      : concat([text(pallet.prefix ?? pallet.name), vec(pallet.storage.map((item) => encodeStorageItem(item, docs)))]);
  return concat([
    text(pallet.name),
    option(storage),
    option(pallet.calls === null ? undefined : vec(pallet.calls.map((call) => encodeCall(call, docs)))),
    option(pallet.events === null ? undefined : vec(pallet.events.map((event) => encodeEvent(event, docs)))),
    vec(pallet.constants.map(([name, type, value]) => concat([text(name), text(type), byteVec(fromHex(value)), docs]))),
    vec(pallet.errors.map((name) => concat([text(name), docs]))),
    u8(pallet.index),
  ]);
}

function encodeStorageItem(item: StorageItem, docs: Uint8Array): Uint8Array {
  return concat([
    text(item.name),
    u8(MODIFIERS[item.modifier]),
    encodeStorageType(item),
    byteVec(fromHex(item.fallback)),
    docs,
  ]);
}

function encodeStorageType({ keys, value }: StorageItem): Uint8Array {
  const [first, second] = keys;
  if (first === undefined) return concat([u8(0), text(value)]);
  const [hasher, key] = first;
  if (second === undefined) return concat([u8(1), u8(HASHERS.indexOf(hasher)), text(key), text(value), bool(false)]);
  const [hasher2, key2] = second;
  return concat([u8(2), u8(HASHERS.indexOf(hasher)), text(key), text(key2), text(value), u8(HASHERS.indexOf(hasher2))]);
}

function encodeCall([name = '', ...args]: string[], docs: Uint8Array): Uint8Array {
  const encodedArgs = args.map((arg) => {
    const colon = arg.indexOf(': ');
    return concat([text(arg.slice(0, colon)), text(arg.slice(colon + 2))]);
  });
  return concat([text(name), vec(encodedArgs), docs]);
}

function encodeEvent([name = '', ...types]: string[], docs: Uint8Array): Uint8Array {
  return concat([text(name), vec(types.map(text)), docs]);
}
