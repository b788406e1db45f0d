import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import { decodeGroup, decodeWorkReport, encodeGroup, encodeIdentity, encodeWorkReport } from '../records/swork.ts';
import type { Group, WorkReport } from '../records/swork.ts';
import { MAX_GROUP_MEMBERS } from '../rules.ts';
import { groupKey, identityKey, workReportKey } from '../storage-keys.ts';
import type { VersionedStorage } from '../state/versioned-storage.ts';
import { ensure, event } from './event.ts';
import type { Execution } from './execution.ts';
import { readIdentity } from './swork-reports.ts';

export function readGroup(storage: VersionedStorage, owner: AccountId): Group | undefined {
  const bytes = storage.get(groupKey(owner));
  return bytes === undefined ? undefined : decodeGroup(bytes);
}

export function writeGroup(storage: VersionedStorage, owner: AccountId, group: Group): void {
  storage.put(groupKey(owner), encodeGroup(group));
}

/** An account that reports work cannot own a group. */
export function createGroup(exec: Execution, owner: AccountId): void {
  ensure(readIdentity(exec.storage, owner) === undefined, 'Swork', 'GroupOwnerForbidden');
  ensure(readGroup(exec.storage, owner) === undefined, 'Swork', 'GroupAlreadyExist');
  writeGroup(exec.storage, owner, { members: [], allowlist: [] });
  exec.deposit(event('Swork', 'CreateGroupSuccess', accountBytes(owner)));
}

export function addMemberIntoAllowlist(exec: Execution, owner: AccountId, target: AccountId): void {
  const group = readGroup(exec.storage, owner);
  ensure(group !== undefined, 'Swork', 'NotOwner');
  ensure(readIdentity(exec.storage, target)?.group === undefined, 'Swork', 'AlreadyJoint');
  ensure(group.allowlist.length < MAX_GROUP_MEMBERS, 'Swork', 'ExceedAllowlistLimit');
  const allowlist = [...group.allowlist.filter((account) => account !== target), target];
  writeGroup(exec.storage, owner, { ...group, allowlist });
  exec.deposit(event('Swork', 'AddIntoAllowlistSuccess', accountBytes(owner), accountBytes(target)));
}

/** Sets the member's storage power to 0. */
export function joinGroup(exec: Execution, member: AccountId, owner: AccountId): void {
  const identity = readIdentity(exec.storage, member);
  ensure(identity !== undefined, 'Swork', 'IdentityNotExist');
  ensure(identity.group === undefined, 'Swork', 'AlreadyJoint');
  const group = readGroup(exec.storage, owner);
  ensure(group !== undefined, 'Swork', 'NotOwner');
  ensure(group.members.length < MAX_GROUP_MEMBERS, 'Swork', 'ExceedGroupLimit');
  ensure(group.allowlist.includes(member), 'Swork', 'NotInAllowlist');
  changeReport(exec, identity.anchor, (report) => ({ ...report, spower: 0n }));
  const allowlist = group.allowlist.filter((account) => account !== member);
  writeGroup(exec.storage, owner, { members: [...group.members, member], allowlist });
  exec.storage.put(identityKey(member), encodeIdentity({ ...identity, group: owner }));
  exec.deposit(event('Swork', 'JoinGroupSuccess', accountBytes(member), accountBytes(owner)));
}

/** Sets the member's storage power and files to 0. */
export function quitGroup(exec: Execution, member: AccountId): void {
  const identity = readIdentity(exec.storage, member);
  ensure(identity !== undefined, 'Swork', 'IdentityNotExist');
  const owner = identity.group;
  ensure(owner !== undefined, 'Swork', 'NotJoint');
  const group = readGroup(exec.storage, owner);
  ensure(group !== undefined, 'Swork', 'NotJoint');
  exec.storage.put(identityKey(member), encodeIdentity({ ...identity, group: undefined }));
  const members = group.members.filter((account) => account !== member);
  writeGroup(exec.storage, owner, { ...group, members });
  changeReport(exec, identity.anchor, (report) => ({
    ...report,
    spower: 0n,
    reportedFilesBytes: 0n,
    filesRoot: new Uint8Array(32),
  }));
  exec.deposit(event('Swork', 'QuitGroupSuccess', accountBytes(member), accountBytes(owner)));
}

function changeReport(exec: Execution, anchor: Uint8Array, change: (report: WorkReport) => WorkReport): void {
  const key = workReportKey(anchor);
  const bytes = exec.storage.get(key);
  if (bytes !== undefined) exec.storage.put(key, encodeWorkReport(change(decodeWorkReport(bytes))));
}
