import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import {
  decodeIdentity,
  decodePublicKeyInfo,
  decodeWorkReport,
  encodeIdentity,
  encodePublicKeyInfo,
  encodeWorkReport,
} from '../records/swork.ts';
import type { Identity } from '../records/swork.ts';
import { MAX_REPORTED_FILES, slotOf } from '../rules.ts';
import { bool, byteVec } from '../scale/write.ts';
import { groupKey, identityKey, pubKeyKey, reportedInSlotKey, workReportKey } from '../storage-keys.ts';
import type { VersionedStorage } from '../state/versioned-storage.ts';
import type { Call, FileReplicaChanges, ReportedFile } from './call.ts';
import { ensure, event } from './event.ts';
import type { Execution } from './execution.ts';
import { applyReplicaChanges } from './market-replicas.ts';

/** From this spec version on a work report leaves replicas to the spower service. */
const QUEUED_SINCE_SPEC = 23;

type ReportWorks = Extract<Call, { kind: 'swork.reportWorks' }>;

export function readIdentity(storage: VersionedStorage, account: AccountId): Identity | undefined {
  const bytes = storage.get(identityKey(account));
  return bytes === undefined ? undefined : decodeIdentity(bytes);
}

/** A second report of one slot is accepted and changes nothing. */
export function reportWorks(exec: Execution, reporter: AccountId, report: ReportWorks): void {
  const isShort = report.added.length <= MAX_REPORTED_FILES && report.deleted.length <= MAX_REPORTED_FILES;
  ensure(isShort, 'Swork', 'IllegalWorkReport');
  const keyInfo = exec.storage.get(pubKeyKey(report.publicKey));
  ensure(keyInfo !== undefined, 'Swork', 'IllegalReporter');
  ensure(exec.storage.get(groupKey(reporter)) === undefined, 'Swork', 'GroupOwnerForbidden');
  const { code, anchor = report.publicKey } = decodePublicKeyInfo(keyInfo);
  const known = readIdentity(exec.storage, reporter);
  ensure(known === undefined || Buffer.from(known.anchor).equals(anchor), 'Swork', 'IllegalReporter');
  if (exec.storage.get(reportedInSlotKey(anchor, report.slot)) !== undefined) return;
  ensure(report.slot === slotOf(exec.block, exec.rules), 'Swork', 'InvalidReportTime');

  if (known === undefined) {
    const identity = encodeIdentity({ anchor, punishmentDeadlineSlot: 0, group: undefined });
    exec.storage.put(identityKey(reporter), identity);
    exec.storage.put(pubKeyKey(report.publicKey), encodePublicKeyInfo({ code, anchor }));
  }
  exec.storage.put(reportedInSlotKey(anchor, report.slot), bool(true));
  storeReport(exec, anchor, report);

  const owner = known?.group ?? reporter;
  const changes = replicaChanges(exec, report, { reporter, owner, anchor });
  if (exec.specVersion < QUEUED_SINCE_SPEC) {
    for (const file of changes) applyReplicaChanges(exec, file);
  } else if (changes.length > 0) {
    for (const file of changes) exec.queueReport(file);
    const args = [byteVec(anchor), accountBytes(reporter), accountBytes(owner)];
    exec.deposit(event('Swork', 'QueueWorkReportSuccess', ...args));
  }
  exec.deposit(event('Swork', 'WorksReportSuccess', accountBytes(reporter), byteVec(report.publicKey)));
}

function storeReport(exec: Execution, anchor: Uint8Array, report: ReportWorks): void {
  const key = workReportKey(anchor);
  const previous = exec.storage.get(key);
  exec.storage.put(
    key,
    encodeWorkReport({
      reportSlot: report.slot,
      spower: previous === undefined ? 0n : decodeWorkReport(previous).spower,
      freeBytes: report.srdBytes,
      reportedFilesBytes: report.filesBytes,
      srdRoot: new Uint8Array(32),
      filesRoot: new Uint8Array(32),
    }),
  );
}

function replicaChanges(
  exec: Execution,
  report: ReportWorks,
  who: { reporter: AccountId; owner: AccountId; anchor: Uint8Array },
): FileReplicaChanges[] {
  const change = (isAdded: boolean) => (file: ReportedFile) => ({
    cid: file.cid,
    sizeBytes: file.sizeBytes,
    changes: [{ ...who, reportSlot: report.slot, reportBlock: exec.block, validAtBlock: file.validAtBlock, isAdded }],
  });
  return [...report.added.map(change(true)), ...report.deleted.map(change(false))];
}
