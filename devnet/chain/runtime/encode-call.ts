import { accountBytes } from '../accounts.ts';
import { itemIndex } from '../pallet-table.ts';
import type { PalletTable } from '../pallet-table.ts';
import { encodeTimepoint } from '../records/multisig.ts';
import { bool, byteVec, compact, concat, option, u16, u32, u64, vec } from '../scale/write.ts';
import type { Call, FileReplicaChanges, ReportedFile } from './call.ts';

const MULTISIG_MAX_WEIGHT = 1_000_000_000n;

/** A well-formed signature that nobody checks. */
const DUMMY_SIGNATURE = new Uint8Array(64).fill(1);

/** Two bytes of pallet and call index, then the arguments, as the chain's runtime of that version encodes them. */
export function encodeCall(call: Call, table: PalletTable): Uint8Array {
  const [pallet, name, ...args] = parts(call, table);
  return concat([itemIndex(table, 'calls', pallet, name), ...args]);
}

function parts(call: Call, table: PalletTable): [pallet: string, name: string, ...args: Uint8Array[]] {
  switch (call.kind) {
    case 'system.remark':
      return ['System', 'remark', byteVec(call.remark)];
    case 'timestamp.set':
      return ['Timestamp', 'set', compact(call.nowMs)];
    case 'balances.transfer':
      return ['Balances', 'transfer', accountBytes(call.dest), compact(call.amountPico)];
    case 'market.placeStorageOrder':
      return [
        'Market',
        'place_storage_order',
        byteVec(call.cid),
        u64(call.sizeBytes),
        compact(call.tipsPico),
        byteVec(call.memo),
      ];
    case 'market.addPrepaid':
      return ['Market', 'add_prepaid', byteVec(call.cid), compact(call.amountPico)];
    case 'market.calculateReward':
      return ['Market', 'calculate_reward', byteVec(call.cid)];
    case 'market.updateReplicas':
      return ['Market', 'update_replicas', vec(call.files.map(encodeFileChanges)), u32(call.lastProcessedBlock)];
    case 'market.setEnableMarket':
      return ['Market', 'set_enable_market', bool(call.isEnabled)];
    case 'market.setBaseFee':
      return ['Market', 'set_base_fee', compact(call.baseFeePico)];
    case 'swork.reportWorks':
      return [
        'Swork',
        'report_works',
        byteVec(call.publicKey),
        byteVec(new Uint8Array()),
        u64(call.slot),
        byteVec(call.slotHash),
        u64(call.srdBytes),
        u64(call.filesBytes),
        vec(call.added.map(encodeReportedFile)),
        vec(call.deleted.map(encodeReportedFile)),
        byteVec(new Uint8Array(32)),
        byteVec(new Uint8Array(32)),
        byteVec(DUMMY_SIGNATURE),
      ];
    case 'swork.createGroup':
      return ['Swork', 'create_group'];
    case 'swork.addMemberIntoAllowlist':
      return ['Swork', 'add_member_into_allowlist', accountBytes(call.target)];
    case 'swork.joinGroup':
      return ['Swork', 'join_group', accountBytes(call.owner)];
    case 'swork.quitGroup':
      return ['Swork', 'quit_group'];
    case 'utility.batch':
      return ['Utility', 'batch', vec(call.calls.map((inner) => encodeCall(inner, table)))];
    case 'utility.batchAll':
      return ['Utility', 'batch_all', vec(call.calls.map((inner) => encodeCall(inner, table)))];
    case 'utility.asDerivative':
      return ['Utility', 'as_derivative', u16(call.index), encodeCall(call.call, table)];
    case 'multisig.asMultiThreshold1':
      return [
        'Multisig',
        'as_multi_threshold_1',
        vec([...call.otherSignatories].sort().map(accountBytes)),
        encodeCall(call.call, table),
      ];
    case 'multisig.asMulti':
      return [
        'Multisig',
        'as_multi',
        u16(call.threshold),
        vec([...call.otherSignatories].sort().map(accountBytes)),
        option(call.timepoint === undefined ? undefined : encodeTimepoint(call.timepoint)),
        byteVec(encodeCall(call.call, table)),
        bool(false),
        u64(MULTISIG_MAX_WEIGHT),
      ];
    default:
      return unknownCall(call);
  }
}

function unknownCall(call: never): never {
  throw new TypeError(`no encoding for ${JSON.stringify(call)}`);
}

function encodeFileChanges(file: FileReplicaChanges): Uint8Array {
  const changes = file.changes.map((change) =>
    concat([
      accountBytes(change.reporter),
      accountBytes(change.owner),
      byteVec(change.anchor),
      u64(change.reportSlot),
      u32(change.reportBlock),
      u32(change.validAtBlock),
      bool(change.isAdded),
    ]),
  );
  return concat([byteVec(file.cid), u64(file.sizeBytes), vec(changes)]);
}

function encodeReportedFile(file: ReportedFile): Uint8Array {
  return concat([byteVec(file.cid), u64(file.sizeBytes), u64(file.validAtBlock)]);
}
