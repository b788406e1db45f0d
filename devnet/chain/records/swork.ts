import type { AccountId } from '../accounts.ts';
import { accountBytes } from '../accounts.ts';
import { toHex } from '../hex.ts';
import { ScaleReader } from '../scale/read.ts';
import { byteVec, concat, option, u64, vec } from '../scale/write.ts';

/** A value of `Swork.Identities`. */
export type Identity = {
  anchor: Uint8Array;
  punishmentDeadlineSlot: number;
  /** The owner of the group that the account has joined. */
  group: AccountId | undefined;
};

/** A value of `Swork.Groups`. */
export type Group = { members: AccountId[]; allowlist: AccountId[] };

/** A value of `Swork.WorkReports`. */
export type WorkReport = {
  /** A block number, multiple of the slot length. */
  reportSlot: number;
  spower: bigint;
  freeBytes: bigint;
  reportedFilesBytes: bigint;
  srdRoot: Uint8Array;
  filesRoot: Uint8Array;
};

/** A value of `Swork.PubKeys`. */
export type PublicKeyInfo = { code: Uint8Array; anchor: Uint8Array | undefined };

export function encodeIdentity(identity: Identity): Uint8Array {
  return concat([
    byteVec(identity.anchor),
    u64(identity.punishmentDeadlineSlot),
    option(identity.group === undefined ? undefined : accountBytes(identity.group)),
  ]);
}

export function decodeIdentity(bytes: Uint8Array): Identity {
  const reader = new ScaleReader(bytes);
  return {
    anchor: reader.byteVec(),
    punishmentDeadlineSlot: Number(reader.u64()),
    group: reader.option(() => toHex(reader.fixed(32))),
  };
}

export function encodeGroup(group: Group): Uint8Array {
  return concat([accountSet(group.members), accountSet(group.allowlist)]);
}

/** In the order of the accounts' bytes, as a BTreeSet is. */
function accountSet(accounts: readonly AccountId[]): Uint8Array {
  return vec([...accounts].sort().map(accountBytes));
}

export function decodeGroup(bytes: Uint8Array): Group {
  const reader = new ScaleReader(bytes);
  const accounts = () => reader.vec(() => toHex(reader.fixed(32)));
  return { members: accounts(), allowlist: accounts() };
}

export function encodeWorkReport(report: WorkReport): Uint8Array {
  return concat([
    u64(report.reportSlot),
    u64(report.spower),
    u64(report.freeBytes),
    u64(report.reportedFilesBytes),
    byteVec(report.srdRoot),
    byteVec(report.filesRoot),
  ]);
}

export function decodeWorkReport(bytes: Uint8Array): WorkReport {
  const reader = new ScaleReader(bytes);
  return {
    reportSlot: Number(reader.u64()),
    spower: reader.u64(),
    freeBytes: reader.u64(),
    reportedFilesBytes: reader.u64(),
    srdRoot: reader.byteVec(),
    filesRoot: reader.byteVec(),
  };
}

export function encodePublicKeyInfo(info: PublicKeyInfo): Uint8Array {
  return concat([byteVec(info.code), option(info.anchor === undefined ? undefined : byteVec(info.anchor))]);
}

export function decodePublicKeyInfo(bytes: Uint8Array): PublicKeyInfo {
  const reader = new ScaleReader(bytes);
  return { code: reader.byteVec(), anchor: reader.option(() => reader.byteVec()) };
}
