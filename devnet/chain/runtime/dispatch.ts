import { createKeyDerived } from '@polkadot/util-crypto';

import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import { toHex } from '../hex.ts';
import { bool, u128, u32 } from '../scale/write.ts';
import { transfer } from './balances.ts';
import type { Call } from './call.ts';
import { DispatchFailure, encodeDispatchError, event } from './event.ts';
import type { Execution } from './execution.ts';
import { setMarketEnabled, writeFee } from './market-files.ts';
import { addPrepaid, placeStorageOrder } from './market-orders.ts';
import { updateReplicas } from './market-replicas.ts';
import { calculateReward } from './market-rewards.ts';
import { asMulti, multisigAccount } from './multisig.ts';
import { addMemberIntoAllowlist, createGroup, joinGroup, quitGroup } from './swork-groups.ts';
import { reportWorks } from './swork-reports.ts';

/** Runs a signed call. Throws DispatchFailure as the chain's call would fail. */
export function dispatch(exec: Execution, origin: AccountId, call: Call): void {
  switch (call.kind) {
    case 'system.remark':
      return;
    case 'balances.transfer':
      transfer(exec, origin, call.dest, call.amountPico);
      return;
    case 'market.placeStorageOrder':
      placeStorageOrder(exec, origin, call);
      return;
    case 'market.addPrepaid':
      addPrepaid(exec, origin, call.cid, call.amountPico);
      return;
    case 'market.calculateReward':
      calculateReward(exec, origin, call.cid);
      return;
    case 'market.updateReplicas':
      updateReplicas(exec, origin, call);
      return;
    case 'swork.reportWorks':
      reportWorks(exec, origin, call);
      return;
    case 'swork.createGroup':
      createGroup(exec, origin);
      return;
    case 'swork.addMemberIntoAllowlist':
      addMemberIntoAllowlist(exec, origin, call.target);
      return;
    case 'swork.joinGroup':
      joinGroup(exec, origin, call.owner);
      return;
    case 'swork.quitGroup':
      quitGroup(exec, origin);
      return;
    case 'utility.batch':
      batch(exec, origin, call.calls);
      return;
    case 'utility.batchAll':
      exec.transaction(() => call.calls.forEach((inner) => dispatch(exec, origin, inner)));
      exec.deposit(event('Utility', 'BatchCompleted'));
      return;
    case 'utility.asDerivative':
      dispatch(exec, toHex(createKeyDerived(accountBytes(origin), call.index)), call.call);
      return;
    case 'multisig.asMultiThreshold1':
      dispatch(exec, multisigAccount([...call.otherSignatories, origin], 1), call.call);
      return;
    case 'multisig.asMulti':
      asMulti(exec, origin, call, dispatch);
      return;
    case 'timestamp.set':
    case 'market.setEnableMarket':
    case 'market.setBaseFee':
      throw new DispatchFailure({ kind: 'badOrigin' });
  }
}

/** Stops at the first failure, keeps what was done before it, and succeeds all the same. */
function batch(exec: Execution, origin: AccountId, calls: readonly Call[]): void {
  for (const [index, call] of calls.entries()) {
    try {
      dispatch(exec, origin, call);
    } catch (error) {
      if (!(error instanceof DispatchFailure)) throw error;
      exec.deposit(event('Utility', 'BatchInterrupted', u32(index), encodeDispatchError(error.error, exec.table)));
      return;
    }
  }
  exec.deposit(event('Utility', 'BatchCompleted'));
}

/** The calls that the scheduler and the council can make, outside any extrinsic. */
export type RootCall = Extract<Call, { kind: 'market.setEnableMarket' | 'market.setBaseFee' }>;

export function dispatchRoot(exec: Execution, call: RootCall): void {
  if (call.kind === 'market.setEnableMarket') {
    setMarketEnabled(exec.storage, call.isEnabled);
    exec.deposit(event('Market', 'SetEnableMarketSuccess', bool(call.isEnabled)));
  } else {
    writeFee(exec.storage, 'FileBaseFee', call.baseFeePico);
    exec.deposit(event('Market', 'SetBaseFeeSuccess', u128(call.baseFeePico)));
  }
}
