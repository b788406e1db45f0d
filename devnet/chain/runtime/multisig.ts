import { blake2AsU8a, createKeyMulti } from '@polkadot/util-crypto';

import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import { toHex } from '../hex.ts';
import { decodeMultisig, encodeMultisig, encodeTimepoint } from '../records/multisig.ts';
import type { Timepoint } from '../records/multisig.ts';
import { concat, u8 } from '../scale/write.ts';
import { multisigKey } from '../storage-keys.ts';
import type { Call } from './call.ts';
import { encodeCall } from './encode-call.ts';
import { DispatchFailure, encodeDispatchError, ensure, event } from './event.ts';
import type { Execution } from './execution.ts';

type AsMulti = Extract<Call, { kind: 'multisig.asMulti' }>;
type Dispatch = (exec: Execution, origin: AccountId, call: Call) => void;

export function multisigAccount(signatories: readonly AccountId[], threshold: number): AccountId {
  return toHex(createKeyMulti(signatories.map(accountBytes), threshold));
}

/** The first approval is recorded; the one that reaches the threshold runs the call as the multisig account. */
export function asMulti(exec: Execution, approver: AccountId, call: AsMulti, dispatch: Dispatch): void {
  ensure(call.threshold >= 2, 'Multisig', 'MinimumThreshold');
  ensure(!call.otherSignatories.includes(approver), 'Multisig', 'SenderInSignatories');
  const multisig = multisigAccount([...call.otherSignatories, approver], call.threshold);
  const callHash = blake2AsU8a(encodeCall(call.call, exec.table), 256);
  const key = multisigKey(multisig, callHash);
  const stored = exec.storage.get(key);
  const ids = { approver: accountBytes(approver), multisig: accountBytes(multisig) };

  if (stored === undefined) {
    ensure(call.timepoint === undefined, 'Multisig', 'UnexpectedTimepoint');
    const index = typeof exec.phase === 'number' ? exec.phase : 0;
    const when = { height: exec.block, index };
    exec.storage.put(key, encodeMultisig({ when, depositor: approver, approvals: [approver] }));
    exec.deposit(event('Multisig', 'NewMultisig', ids.approver, ids.multisig, callHash));
    return;
  }
  const known = decodeMultisig(stored);
  ensure(call.timepoint !== undefined, 'Multisig', 'NoTimepoint');
  ensure(isSame(call.timepoint, known.when), 'Multisig', 'WrongTimepoint');
  const approvals = [...known.approvals.filter((account) => account !== approver), approver];
  const when = encodeTimepoint(known.when);
  if (approvals.length < call.threshold) {
    ensure(approvals.length > known.approvals.length, 'Multisig', 'AlreadyApproved');
    exec.storage.put(key, encodeMultisig({ ...known, approvals }));
    exec.deposit(event('Multisig', 'MultisigApproval', ids.approver, when, ids.multisig, callHash));
    return;
  }
  exec.storage.delete(key);
  const result = runAs(exec, multisig, call.call, dispatch);
  exec.deposit(event('Multisig', 'MultisigExecuted', ids.approver, when, ids.multisig, callHash, result));
}

/** The encoded `DispatchResult`: a failing inner call does not fail the multisig. */
function runAs(exec: Execution, origin: AccountId, call: Call, dispatch: Dispatch): Uint8Array {
  try {
    dispatch(exec, origin, call);
    return u8(0);
  } catch (error) {
    if (!(error instanceof DispatchFailure)) throw error;
    return concat([u8(1), encodeDispatchError(error.error, exec.table)]);
  }
}

function isSame(a: Timepoint, b: Timepoint): boolean {
  return a.height === b.height && a.index === b.index;
}
