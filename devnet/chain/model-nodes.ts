import { blake2AsU8a } from '@polkadot/util-crypto';

import { accountBytes, namedAccount } from './accounts.ts';
import type { AccountId } from './accounts.ts';
import type { ChainModel } from './model.ts';
import { decodeWorkReport, encodeIdentity, encodePublicKeyInfo, encodeWorkReport } from './records/swork.ts';
import { slotOf } from './rules.ts';
import { textBytes } from './runtime/call.ts';
import type { TextOrBytes } from './runtime/call.ts';
import { readGroup, writeGroup } from './runtime/swork-groups.ts';
import { readIdentity } from './runtime/swork-reports.ts';
import { identityKey, pubKeyKey, workReportKey } from './storage-keys.ts';

const DEFAULT_FREE_BYTES = 4n * 1024n ** 4n;

/** The public key that a made-up sWorker of the account reports under: 64 bytes. */
export function sworkerKey(account: AccountId): Uint8Array {
  return blake2AsU8a(accountBytes(account), 512);
}

/**
 * Writes a node that already reports work into the next block's state: its key, identity and work report,
 * and its place in a group, which is made when it does not exist.
 */
export function putNode(
  chain: ChainModel,
  account: AccountId,
  options: { groupOwner?: AccountId; reportSlot?: number; freeBytes?: bigint } = {},
): void {
  const anchor = sworkerKey(account);
  const { storage } = chain;
  storage.put(pubKeyKey(anchor), encodePublicKeyInfo({ code: new Uint8Array(32), anchor }));
  const identity = { anchor, punishmentDeadlineSlot: 0, group: options.groupOwner };
  storage.put(identityKey(account), encodeIdentity(identity));
  const block = chain.head.number + 1;
  storage.put(
    workReportKey(anchor),
    encodeWorkReport({
      reportSlot: options.reportSlot ?? slotOf(block, chain.rules),
      spower: 0n,
      freeBytes: options.freeBytes ?? DEFAULT_FREE_BYTES,
      reportedFilesBytes: 0n,
      srdRoot: new Uint8Array(32),
      filesRoot: new Uint8Array(32),
    }),
  );
  if (options.groupOwner === undefined) return;
  const group = readGroup(storage, options.groupOwner) ?? { members: [], allowlist: [] };
  const members = [...group.members.filter((member) => member !== account), account];
  writeGroup(storage, options.groupOwner, { ...group, members });
}

/** Writes the rest of the network: nodes that report every slot, and nodes that left and whose reports stay for ever. */
export function putBackgroundNodes(chain: ChainModel, activeCount: number, goneCount = 0): void {
  for (let i = 0; i < activeCount; i += 1) {
    const account = namedAccount(`background node ${i}`);
    putNode(chain, account);
    chain.slots.keepReporting(sworkerKey(account));
  }
  for (let i = 0; i < goneCount; i += 1) {
    putNode(chain, namedAccount(`gone node ${i}`), { reportSlot: 0 });
  }
}

export type FileReport = { cid: TextOrBytes; sizeBytes: number | bigint };

/** Puts the account's work report for the current slot into the next block. At most 300 files each are accepted. */
export function reportWorks(
  chain: ChainModel,
  report: { account: AccountId; added?: readonly FileReport[]; deleted?: readonly FileReport[]; freeBytes?: bigint },
): void {
  const { account, added = [], deleted = [] } = report;
  const anchor = readIdentity(chain.storage, account)?.anchor ?? sworkerKey(account);
  const stored = chain.storage.get(workReportKey(anchor));
  const previous = stored === undefined ? undefined : decodeWorkReport(stored);
  const reported = (files: readonly FileReport[]) =>
    files.map(({ cid, sizeBytes }) => ({
      cid: textBytes(cid),
      sizeBytes: BigInt(sizeBytes),
      validAtBlock: chain.head.number,
    }));
  const total = (files: readonly FileReport[]) => files.reduce((sum, { sizeBytes }) => sum + BigInt(sizeBytes), 0n);
  const filesBytes = (previous?.reportedFilesBytes ?? 0n) + total(added) - total(deleted);
  chain.submit(account, {
    kind: 'swork.reportWorks',
    publicKey: anchor,
    slot: chain.nextReportSlot,
    slotHash: new Uint8Array(32),
    srdBytes: report.freeBytes ?? previous?.freeBytes ?? DEFAULT_FREE_BYTES,
    filesBytes: filesBytes < 0n ? 0n : filesBytes,
    added: reported(added),
    deleted: reported(deleted),
  });
}
