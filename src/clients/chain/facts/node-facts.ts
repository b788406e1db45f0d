import { blake2b } from '@noble/hashes/blake2';
import type { GroupTrouble } from '../../../domain/facts.ts';
import { accountOf } from '../../../domain/account.ts';
import type { Account } from '../../../domain/account.ts';
import { publicKeyBytes } from '../../../domain/account.ts';
import { storagePrefixes } from '../keys/storage-prefixes.ts';
import { HexReader } from '../scale/hex-reader.ts';

/** A group as the chain has it; its reader adds block and time. */
export interface GroupParts {
  readonly owner: string | null;
  /** ss58-66 texts, sorted as text. */
  readonly members: readonly string[];
  readonly ownIndex: number;
  readonly trouble: GroupTrouble | null;
}

const ACCOUNT_BYTES = 32;
/** Twenty times the `MaxGroupSize` of the newest runtime, as the next one may raise it: they take less than 10 MiB. */
const MAX_GROUP_MEMBERS = 20_000;

export function identityKey(account: Account): string {
  return accountKey(storagePrefixes.sworkIdentities, account);
}

export function groupKey(owner: Account): string {
  return accountKey(storagePrefixes.sworkGroups, owner);
}

/** blake2_128_concat. */
function accountKey(prefix: string, account: Account): string {
  const hash = Buffer.from(blake2b(publicKeyBytes(account), { dkLen: 16 })).toString('hex');
  return `${prefix}${hash}${account.publicKeyHex}`;
}

/** Group owner of a `Swork.Identities` entry; undefined without a group. */
export function decodeGroupOwner(value: string): Account | undefined {
  const reader = new HexReader(value, 'Identities');
  reader.skipBytes('Identities.anchor');
  reader.skip(8, 'Identities.punishment_deadline');
  const owner = reader.bool('Identities.group') ? reader.hexDigits(ACCOUNT_BYTES, 'Identities.group') : undefined;
  reader.end('Identities.group');
  return owner === undefined ? undefined : accountOf(owner);
}

/** Members of a `Swork.Groups` entry. The chain's default is an empty group. */
export function decodeMembers(value: string | null): readonly Account[] {
  if (value === null) return [];
  const reader = new HexReader(value, 'Groups');
  const members = Array.from({ length: reader.compactCount(MAX_GROUP_MEMBERS, 'Groups.members') }, () =>
    accountOf(reader.hexDigits(ACCOUNT_BYTES, 'Groups.members')),
  );
  // Nobody asks who stands there, and how many may is not known.
  reader.skip(ACCOUNT_BYTES * reader.compactLength('Groups.allowlist'), 'Groups.allowlist');
  reader.end('Groups.allowlist');
  return members;
}

/** Why the group rules cannot be applied, and whom they are about. Owners of groups can neither register nor report, so they have no identity. */
export function groupParts(
  account: Account,
  hasIdentity: boolean,
  owner: Account | undefined,
  ownersMembers: readonly Account[],
  ownMembers: readonly Account[],
): GroupParts {
  const members = ownersMembers.map((member) => member.address).sort();
  const ownIndex = members.indexOf(account.address);
  const ownsGroup = ownMembers.length > 0 || owner?.publicKeyHex === account.publicKeyHex;
  const trouble = (): GroupTrouble | null => {
    if (ownsGroup) return 'is-owner';
    if (!hasIdentity) return 'no-identity';
    if (owner === undefined) return 'no-group';
    if (members.length === 0) return 'empty-group';
    return ownIndex < 0 ? 'not-a-member' : null;
  };
  return { owner: owner?.address ?? null, members, ownIndex, trouble: trouble() };
}

/** `report_slot` of a `Swork.WorkReports` entry. */
export function decodeReportSlot(value: string): number {
  const reader = new HexReader(value, 'WorkReports');
  const slot = reader.u64Capped('WorkReports.report_slot');
  reader.skip(3 * 8, 'WorkReports.spower');
  reader.skipBytes('WorkReports.reported_srd_root');
  reader.skipBytes('WorkReports.reported_files_root');
  reader.end('WorkReports.reported_files_root');
  return slot;
}

/** `Swork.CurrentReportSlot`; 0 before the first. */
export function decodeCurrentSlot(value: string | null): number {
  if (value === null) return 0;
  const reader = new HexReader(value, 'CurrentReportSlot');
  const slot = reader.u64Capped('CurrentReportSlot');
  reader.end('CurrentReportSlot');
  return slot;
}

/** `Market.FileKeysCount`; 0 before the first order. */
export function decodeOrderCount(value: string | null): number {
  if (value === null) return 0;
  const reader = new HexReader(value, 'FileKeysCount');
  const count = reader.u32('FileKeysCount');
  reader.end('FileKeysCount');
  return count;
}
