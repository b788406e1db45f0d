import type { AccountId } from '../accounts.ts';
import { accountBytes } from '../accounts.ts';
import { toHex } from '../hex.ts';
import { decodeAccountInfo, encodeAccountInfo } from '../records/account-info.ts';
import type { AccountInfo } from '../records/account-info.ts';
import { u128 } from '../scale/write.ts';
import { systemAccountKey } from '../storage-keys.ts';
import { ensure, event } from './event.ts';
import type { Execution } from './execution.ts';

/** The market's own account for a purpose: `modlcrmarket` and four letters, padded with zeros. */
function marketPot(purpose: string): AccountId {
  const bytes = new Uint8Array(32);
  bytes.set(new TextEncoder().encode(`modlcrmarket${purpose}`));
  return toHex(bytes);
}

export const STORAGE_POT = marketPot('stor');
export const STAKING_POT = marketPot('stak');
export const RESERVED_POT = marketPot('rese');

/** Files put straight into the state were never paid for; the pot must be able to pay out what they promise. */
const STORAGE_POT_PICO = 1n << 120n;

export function readAccount(exec: Execution, account: AccountId): AccountInfo {
  const bytes = exec.storage.get(systemAccountKey(account));
  if (bytes !== undefined) return decodeAccountInfo(bytes);
  return { nonce: 0, freePico: account === STORAGE_POT ? STORAGE_POT_PICO : exec.rules.initialBalancePico };
}

export function writeAccount(exec: Execution, account: AccountId, info: AccountInfo): void {
  exec.storage.put(systemAccountKey(account), encodeAccountInfo(info));
}

/** Fails with Balances.InsufficientBalance. Deposits Balances.Transfer. */
export function transfer(exec: Execution, from: AccountId, to: AccountId, amountPico: bigint): void {
  const sender = readAccount(exec, from);
  ensure(sender.freePico >= amountPico, 'Balances', 'InsufficientBalance');
  if (amountPico === 0n || from === to) return;
  writeAccount(exec, from, { ...sender, freePico: sender.freePico - amountPico });
  const receiver = readAccount(exec, to);
  writeAccount(exec, to, { ...receiver, freePico: receiver.freePico + amountPico });
  exec.deposit(event('Balances', 'Transfer', accountBytes(from), accountBytes(to), u128(amountPico)));
}
