import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import type { FileInfo } from '../records/file-info.ts';
import { MAX_REPLICAS } from '../rules.ts';
import { byteVec, u32 } from '../scale/write.ts';
import { itemKey } from '../storage-keys.ts';
import { RESERVED_POT, STORAGE_POT, transfer } from './balances.ts';
import type { Call, FileReplicaChanges, ReplicaChange } from './call.ts';
import { ensure, event } from './event.ts';
import type { Execution } from './execution.ts';
import { perbillOf } from './market-fees.ts';
import { readFile, removeFile, writeFile } from './market-files.ts';

/** Share of the pot, in billionths, for the replica that leaves this many rewarded places open, itself included. */
const REWARD_PERBILL: Record<number, bigint> = {
  4: 138_888_888n,
  3: 161_290_320n,
  2: 192_307_690n,
  1: 238_095_240n,
};

type UpdateReplicas = Extract<Call, { kind: 'market.updateReplicas' }>;

/** Only the spower service's account may bring replicas in. Its event names no CIDs. */
export function updateReplicas(exec: Execution, caller: AccountId, call: UpdateReplicas): void {
  const superior = exec.storage.get(itemKey('Market', 'SpowerSuperior'));
  ensure(superior !== undefined, 'Market', 'SpowerSuperiorNotSet');
  const isSuperior = Buffer.from(superior).equals(accountBytes(caller));
  ensure(isSuperior, 'Market', 'IllegalSpowerSuperior');
  const changedFiles = call.files.filter((file) => applyReplicaChanges(exec, file)).length;
  exec.storage.put(itemKey('Swork', 'LastProcessedBlockWorkReports'), u32(call.lastProcessedBlock));
  exec.storage.put(itemKey('Market', 'LastReplicasUpdateBlock'), u32(exec.block));
  exec.deposit(
    event(
      'Market',
      'UpdateReplicasSuccess',
      accountBytes(caller),
      u32(exec.block),
      u32(changedFiles),
      u32(call.lastProcessedBlock),
    ),
  );
}

/** Adds and removes replicas of one file; false when the market does not know it (any more). */
export function applyReplicaChanges(exec: Execution, { cid, sizeBytes, changes }: FileReplicaChanges): boolean {
  let file = readFile(exec.storage, cid);
  if (file === undefined) return false;
  const byReport = [...changes].sort((a, b) => a.reportBlock - b.reportBlock);
  for (const change of byReport.filter(({ isAdded }) => isAdded)) {
    if (file.replicas.length === 0 && sizeBytes > file.sizeBytes) {
      closeIllegal(exec, cid, file);
      return true;
    }
    if (file.replicas.length === 0) file = { ...file, sizeBytes };
    file = withReplica(exec, file, change);
  }
  for (const change of byReport.filter(({ isAdded }) => !isAdded)) file = withoutReplica(file, change);
  writeFile(exec.storage, cid, file);
  return true;
}

/** A file whose first copy is larger than what was paid for is thrown out. */
function closeIllegal(exec: Execution, cid: Uint8Array, file: FileInfo): void {
  transfer(exec, STORAGE_POT, RESERVED_POT, file.amountPico + file.prepaidPico);
  removeFile(exec.storage, cid);
  exec.deposit(event('Market', 'IllegalFileClosed', byteVec(cid)));
}

/** A second replica of one owner and replicas above the limit change nothing; the first of all starts the paid period. */
function withReplica(exec: Execution, file: FileInfo, change: ReplicaChange): FileInfo {
  const starts = file.expiresAtBlock === 0;
  const live = starts
    ? { ...file, calculatedAtBlock: exec.block, expiresAtBlock: exec.block + exec.rules.fileDurationBlocks }
    : file;
  const isKnownOwner = file.replicas.some(({ owner }) => owner === change.owner);
  if (isKnownOwner || file.replicas.length >= MAX_REPLICAS) return live;
  const rewardPico = perbillOf(REWARD_PERBILL[file.remainingPaidCount] ?? 0n, file.amountPico);
  const { owner, reporter, validAtBlock, anchor } = change;
  return {
    ...live,
    amountPico: file.amountPico - rewardPico,
    remainingPaidCount: Math.max(0, file.remainingPaidCount - 1),
    reportedReplicaCount: file.reportedReplicaCount + 1,
    replicas: [
      ...file.replicas,
      { owner, who: reporter, validAtBlock, anchor, isReported: true, createdAtBlock: validAtBlock },
    ],
  };
}

/** Only the member that reported a replica can take it away. */
function withoutReplica(file: FileInfo, { owner, reporter }: ReplicaChange): FileInfo {
  const replicas = file.replicas.filter((replica) => replica.owner !== owner || replica.who !== reporter);
  const removed = file.replicas.length - replicas.length;
  return { ...file, replicas, reportedReplicaCount: Math.max(0, file.reportedReplicaCount - removed) };
}
