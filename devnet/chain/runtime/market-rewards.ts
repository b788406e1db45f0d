import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import type { FileInfo } from '../records/file-info.ts';
import { bool, byteVec } from '../scale/write.ts';
import { itemKey } from '../storage-keys.ts';
import { RESERVED_POT, STORAGE_POT, transfer } from './balances.ts';
import { ensure, event } from './event.ts';
import type { Execution } from './execution.ts';
import { fileFee, splitFee } from './market-fees.ts';
import { readFile, removeFile, writeFile } from './market-files.ts';
import { REWARDED_REPLICAS } from './market-orders.ts';

/** `FileClosed` exists from this spec version on; before it a close shows only as a missing entry. */
const FILE_CLOSED_SINCE_SPEC = 23;

/**
 * Anybody may ask for it: pays the pot of an expired file to the caller, renews it from its prepaid balance or closes it.
 * Of a live file only the calculated-at block moves. An unknown CID is no error and deposits nothing.
 */
export function calculateReward(exec: Execution, liquidator: AccountId, cid: Uint8Array): void {
  let file = readFile(exec.storage, cid);
  if (file === undefined) return;
  ensure(file.expiresAtBlock !== 0, 'Market', 'NotInRewardPeriod');

  if (exec.block >= file.expiresAtBlock) {
    transfer(exec, STORAGE_POT, liquidator, file.amountPico);
    file = { ...file, amountPico: 0n };
  }
  file = { ...file, calculatedAtBlock: Math.min(exec.block, file.expiresAtBlock) };
  if (file.expiresAtBlock === file.calculatedAtBlock) file = renewed(exec, liquidator, cid, file);
  if (file.expiresAtBlock <= exec.block && file.expiresAtBlock === file.calculatedAtBlock) {
    close(exec, cid, file);
  } else {
    writeFile(exec.storage, cid, file);
  }
  exec.deposit(event('Market', 'CalculateSuccess', byteVec(cid)));
}

/** The file with another period paid from its prepaid balance, or as it was when that does not suffice. */
function renewed(exec: Execution, liquidator: AccountId, cid: Uint8Array, file: FileInfo): FileInfo {
  const fee = fileFee(exec, file.sizeBytes);
  const costPico = fee.basePico + fee.amountPico;
  if (file.prepaidPico < costPico) return file;
  const amountPico = splitFee(exec, STORAGE_POT, fee, 0n);
  exec.storage.put(itemKey('Market', 'HasNewOrder'), bool(true));
  exec.deposit(event('Market', 'RenewFileSuccess', accountBytes(liquidator), byteVec(cid)));
  const isHeld = file.replicas.length > 0;
  return {
    ...file,
    prepaidPico: file.prepaidPico - costPico,
    amountPico: file.amountPico + amountPico,
    calculatedAtBlock: exec.block,
    expiresAtBlock: isHeld ? exec.block + exec.rules.fileDurationBlocks : 0,
    remainingPaidCount: isHeld ? file.remainingPaidCount : REWARDED_REPLICAS,
  };
}

function close(exec: Execution, cid: Uint8Array, file: FileInfo): void {
  transfer(exec, STORAGE_POT, RESERVED_POT, file.amountPico + file.prepaidPico);
  removeFile(exec.storage, cid);
  if (exec.specVersion >= FILE_CLOSED_SINCE_SPEC) exec.deposit(event('Market', 'FileClosed', byteVec(cid)));
}
