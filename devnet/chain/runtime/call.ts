import type { AccountId } from '../accounts.ts';
import type { Timepoint } from '../records/multisig.ts';

/** One replica change inside `market.update_replicas`. */
export type ReplicaChange = {
  reporter: AccountId;
  owner: AccountId;
  anchor: Uint8Array;
  reportSlot: number;
  reportBlock: number;
  validAtBlock: number;
  isAdded: boolean;
};

export type FileReplicaChanges = { cid: Uint8Array; sizeBytes: bigint; changes: ReplicaChange[] };

/** A file in a work report. */
export type ReportedFile = { cid: Uint8Array; sizeBytes: bigint; validAtBlock: number };

/** The calls that the devnet's runtime can execute. CIDs are the bytes of the text as typed by the customer. */
export type Call =
  | { kind: 'system.remark'; remark: Uint8Array }
  | { kind: 'timestamp.set'; nowMs: number }
  | { kind: 'balances.transfer'; dest: AccountId; amountPico: bigint }
  | { kind: 'market.placeStorageOrder'; cid: Uint8Array; sizeBytes: bigint; tipsPico: bigint; memo: Uint8Array }
  | { kind: 'market.addPrepaid'; cid: Uint8Array; amountPico: bigint }
  | { kind: 'market.calculateReward'; cid: Uint8Array }
  | { kind: 'market.updateReplicas'; files: FileReplicaChanges[]; lastProcessedBlock: number }
  | { kind: 'market.setEnableMarket'; isEnabled: boolean }
  | { kind: 'market.setBaseFee'; baseFeePico: bigint }
  | {
      kind: 'swork.reportWorks';
      publicKey: Uint8Array;
      slot: number;
      slotHash: Uint8Array;
      srdBytes: bigint;
      filesBytes: bigint;
      added: ReportedFile[];
      deleted: ReportedFile[];
    }
  | { kind: 'swork.createGroup' }
  | { kind: 'swork.addMemberIntoAllowlist'; target: AccountId }
  | { kind: 'swork.joinGroup'; owner: AccountId }
  | { kind: 'swork.quitGroup' }
  | { kind: 'utility.batch'; calls: Call[] }
  | { kind: 'utility.batchAll'; calls: Call[] }
  | { kind: 'utility.asDerivative'; index: number; call: Call }
  | { kind: 'multisig.asMultiThreshold1'; otherSignatories: AccountId[]; call: Call }
  | {
      kind: 'multisig.asMulti';
      threshold: number;
      otherSignatories: AccountId[];
      /** Of the first approval; absent when this is the first one. */
      timepoint?: Timepoint;
      call: Call;
    };

const UTF8 = new TextEncoder();

/** CID or memo as text or as raw bytes, because customers can put any bytes on chain. */
export type TextOrBytes = string | Uint8Array;

export function textBytes(value: TextOrBytes): Uint8Array {
  return typeof value === 'string' ? UTF8.encode(value) : value;
}

/** An order as a customer places it. The size is what the customer declares. */
export function placeStorageOrder(order: {
  cid: TextOrBytes;
  sizeBytes: number | bigint;
  tipsPico?: bigint;
  memo?: TextOrBytes;
}): Call {
  return {
    kind: 'market.placeStorageOrder',
    cid: textBytes(order.cid),
    sizeBytes: BigInt(order.sizeBytes),
    tipsPico: order.tipsPico ?? 0n,
    memo: textBytes(order.memo ?? ''),
  };
}

export function addPrepaid(cid: TextOrBytes, amountPico: bigint): Call {
  return { kind: 'market.addPrepaid', cid: textBytes(cid), amountPico };
}

/** Renews or closes an expired file; on a live one only the calculated-at block moves. */
export function calculateReward(cid: TextOrBytes): Call {
  return { kind: 'market.calculateReward', cid: textBytes(cid) };
}
