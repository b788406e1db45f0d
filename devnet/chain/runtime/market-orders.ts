import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import type { FileInfo } from '../records/file-info.ts';
import { MAXIMUM_FILE_SIZE_BYTES } from '../rules.ts';
import { bool, byteVec, u128 } from '../scale/write.ts';
import { itemKey } from '../storage-keys.ts';
import { STORAGE_POT, readAccount, transfer } from './balances.ts';
import type { Call } from './call.ts';
import { ensure, event } from './event.ts';
import type { Execution } from './execution.ts';
import { fileFee, splitFee } from './market-fees.ts';
import { addToCount, isMarketEnabled, readFile, writeFile } from './market-files.ts';

/** Replicas of a new file that are paid for being first. */
export const REWARDED_REPLICAS = 4;

type Order = Extract<Call, { kind: 'market.placeStorageOrder' }>;

/** A known file is charged by its recorded size, which the declared one must reach. */
export function placeStorageOrder(exec: Execution, payer: AccountId, order: Order): void {
  ensure(isMarketEnabled(exec.storage), 'Market', 'PlaceOrderNotAvailable');
  const known = readFile(exec.storage, order.cid);
  ensure(known === undefined || known.sizeBytes <= order.sizeBytes, 'Market', 'FileSizeNotCorrect');
  const sizeBytes = known?.sizeBytes ?? order.sizeBytes;
  ensure(sizeBytes < MAXIMUM_FILE_SIZE_BYTES, 'Market', 'FileTooLarge');

  const fee = fileFee(exec, sizeBytes);
  const costPico = fee.basePico + fee.amountPico + order.tipsPico;
  ensure(readAccount(exec, payer).freePico >= costPico, 'Market', 'InsufficientCurrency');
  const amountPico = splitFee(exec, payer, fee, order.tipsPico);

  const file = known === undefined ? newFile(sizeBytes, exec.block) : ordered(known, exec);
  writeFile(exec.storage, order.cid, { ...file, amountPico: file.amountPico + amountPico });
  exec.storage.put(itemKey('Market', 'HasNewOrder'), bool(true));
  addToCount(exec.storage, 'OrdersCount', 1);
  exec.deposit(event('Market', 'FileSuccess', accountBytes(payer), byteVec(order.cid)));
}

function newFile(sizeBytes: bigint, block: number): FileInfo {
  return {
    sizeBytes,
    spower: 0n,
    expiresAtBlock: 0,
    calculatedAtBlock: block,
    amountPico: 0n,
    prepaidPico: 0n,
    reportedReplicaCount: 0,
    remainingPaidCount: REWARDED_REPLICAS,
    replicas: [],
  };
}

/** A re-order prolongs a file that somebody holds; one that nobody holds waits for its first replica again. */
function ordered(file: FileInfo, exec: Execution): FileInfo {
  return {
    ...file,
    calculatedAtBlock: file.expiresAtBlock === file.calculatedAtBlock ? exec.block : file.calculatedAtBlock,
    expiresAtBlock: file.replicas.length === 0 ? 0 : exec.block + exec.rules.fileDurationBlocks,
  };
}

export function addPrepaid(exec: Execution, payer: AccountId, cid: Uint8Array, amountPico: bigint): void {
  ensure(readAccount(exec, payer).freePico >= amountPico, 'Market', 'InsufficientCurrency');
  const file = readFile(exec.storage, cid);
  ensure(file !== undefined, 'Market', 'FileNotExist');
  transfer(exec, payer, STORAGE_POT, amountPico);
  writeFile(exec.storage, cid, { ...file, prepaidPico: file.prepaidPico + amountPico });
  exec.deposit(event('Market', 'AddPrepaidSuccess', accountBytes(payer), byteVec(cid), u128(amountPico)));
}
