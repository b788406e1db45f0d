import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import type { PalletTable } from '../pallet-table.ts';
import { byteVec, compact, concat, u8 } from '../scale/write.ts';
import { readAccount, writeAccount } from './balances.ts';
import type { Call } from './call.ts';
import { dispatch } from './dispatch.ts';
import { encodeCall } from './encode-call.ts';
import { DispatchFailure, dispatchInfo, encodeDispatchError, event } from './event.ts';
import type { Execution } from './execution.ts';

const FORMAT_VERSION = 4;
const SIGNED_BIT = 0x80;
const SR25519 = 1;
const IMMORTAL_ERA = 0;
const CALL_WEIGHT = 200_000_000n;
const INHERENT_WEIGHT = 160_000_000n;

/** Well-formed, but nobody checks it. */
const DUMMY_SIGNATURE = new Uint8Array(64).fill(1);

/** A call with the account that pays for it. */
export type SignedCall = { readonly signer: AccountId; readonly call: Call };

/** Runs a signed call as the next extrinsic of the block; returns its bytes with their length in front. */
export function applySigned(exec: Execution, { signer, call }: SignedCall, index: number): Uint8Array {
  exec.phase = index;
  const account = readAccount(exec, signer);
  writeAccount(exec, signer, { ...account, nonce: account.nonce + 1 });
  const bytes = encodeSigned({ signer, call }, account.nonce, exec.table);
  const info = dispatchInfo(CALL_WEIGHT, false);
  try {
    dispatch(exec, signer, call);
    exec.deposit(event('System', 'ExtrinsicSuccess', info));
  } catch (error) {
    if (!(error instanceof DispatchFailure)) throw error;
    exec.deposit(event('System', 'ExtrinsicFailed', encodeDispatchError(error.error, exec.table), info));
  }
  return bytes;
}

/** The block author's time, the first extrinsic of every block. */
export function applyTimestamp(exec: Execution, nowMs: number): Uint8Array {
  exec.phase = 0;
  exec.deposit(event('System', 'ExtrinsicSuccess', dispatchInfo(INHERENT_WEIGHT, true)));
  return byteVec(concat([u8(FORMAT_VERSION), encodeCall({ kind: 'timestamp.set', nowMs }, exec.table)]));
}

function encodeSigned({ signer, call }: SignedCall, nonce: number, table: PalletTable): Uint8Array {
  const tip = 0;
  return byteVec(
    concat([
      u8(SIGNED_BIT | FORMAT_VERSION),
      accountBytes(signer),
      u8(SR25519),
      DUMMY_SIGNATURE,
      u8(IMMORTAL_ERA),
      compact(nonce),
      compact(tip),
      encodeCall(call, table),
    ]),
  );
}
