import type { AccountId } from '../accounts.ts';
import { RESERVED_POT, STAKING_POT, STORAGE_POT, transfer } from './balances.ts';
import type { Execution } from './execution.ts';
import { readFee } from './market-files.ts';

const MIB = 1024n ** 2n;
const PERBILL = 1_000_000_000n;
const STAKING_PERBILL = 720_000_000n;
const STORAGE_PERBILL = 180_000_000n;

/** What an order of this size costs, in pico-CRU. The base fee never reaches the reward pot. */
export type FileFee = { readonly basePico: bigint; readonly amountPico: bigint };

export function fileFee(exec: Execution, sizeBytes: bigint): FileFee {
  const startedMib = (sizeBytes + MIB - 1n) / MIB;
  const bytePico = readFee(exec.storage, 'FileByteFee', 10_000n) * startedMib;
  const keysPico = readFee(exec.storage, 'FileKeysCountFee', 1_000_000n);
  return { basePico: readFee(exec.storage, 'FileBaseFee', 0n), amountPico: bytePico + keysPico };
}

/** Pays an order: 72 % of the amount for staking, 18 % and all tips to the storage pot, the rest kept in reserve. Returns what the file's pot gets. */
export function splitFee(exec: Execution, payer: AccountId, fee: FileFee, tipsPico: bigint): bigint {
  const stakingPico = perbillOf(STAKING_PERBILL, fee.amountPico);
  const storagePico = perbillOf(STORAGE_PERBILL, fee.amountPico);
  transfer(exec, payer, RESERVED_POT, fee.basePico + fee.amountPico - stakingPico - storagePico);
  transfer(exec, payer, STAKING_POT, stakingPico);
  transfer(exec, payer, STORAGE_POT, storagePico + tipsPico);
  return storagePico + tipsPico;
}

/** A share in billionths of an amount, to the nearest unit, halves down, as the chain rounds. */
export function perbillOf(share: bigint, amount: bigint): bigint {
  const product = share * amount;
  return product / PERBILL + (product % PERBILL > PERBILL / 2n ? 1n : 0n);
}
