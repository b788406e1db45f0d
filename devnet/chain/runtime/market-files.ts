import { decodeFileInfo, encodeFileInfo } from '../records/file-info.ts';
import type { FileInfo } from '../records/file-info.ts';
import { ScaleReader } from '../scale/read.ts';
import { bool, u128, u32 } from '../scale/write.ts';
import { fileKey, itemKey } from '../storage-keys.ts';
import type { VersionedStorage } from '../state/versioned-storage.ts';

export function readFile(storage: VersionedStorage, cid: Uint8Array): FileInfo | undefined {
  const bytes = storage.get(fileKey(cid));
  return bytes === undefined ? undefined : decodeFileInfo(bytes);
}

/** Writes the entry and keeps the number of files. */
export function writeFile(storage: VersionedStorage, cid: Uint8Array, file: FileInfo): void {
  const key = fileKey(cid);
  if (storage.get(key) === undefined) addToFileCount(storage, 1);
  storage.put(key, encodeFileInfo(file));
}

/** Removes the entry, if there is one, and keeps the number of files. */
export function removeFile(storage: VersionedStorage, cid: Uint8Array): void {
  const key = fileKey(cid);
  if (storage.get(key) === undefined) return;
  storage.delete(key);
  addToFileCount(storage, -1);
}

export function addToFileCount(storage: VersionedStorage, change: number): void {
  addToCount(storage, 'FileKeysCount', change);
}

/** Changes a plain u32 of the market that starts at 0. */
export function addToCount(storage: VersionedStorage, item: string, change: number): void {
  const key = itemKey('Market', item);
  const bytes = storage.get(key);
  const count = bytes === undefined ? 0 : new ScaleReader(bytes).u32();
  storage.put(key, u32(Math.max(0, count + change)));
}

/** A plain balance of the market, in pico-CRU. */
export function readFee(storage: VersionedStorage, item: string, defaultPico: bigint): bigint {
  const bytes = storage.get(itemKey('Market', item));
  return bytes === undefined ? defaultPico : new ScaleReader(bytes).u128();
}

export function writeFee(storage: VersionedStorage, item: string, feePico: bigint): void {
  storage.put(itemKey('Market', item), u128(feePico));
}

/** Orders are refused while the market is off. */
export function isMarketEnabled(storage: VersionedStorage): boolean {
  return storage.get(itemKey('Market', 'EnableMarket'))?.[0] === 1;
}

export function setMarketEnabled(storage: VersionedStorage, isEnabled: boolean): void {
  storage.put(itemKey('Market', 'EnableMarket'), bool(isEnabled));
}
