import type { AccountId } from './accounts.ts';
import { namedAccount } from './accounts.ts';
import type { ChainModel } from './model.ts';
import { sworkerKey } from './model-nodes.ts';
import type { FileInfo, Replica } from './records/file-info.ts';
import { textBytes } from './runtime/call.ts';
import type { TextOrBytes } from './runtime/call.ts';
import { readFile, removeFile as removeEntry, writeFile } from './runtime/market-files.ts';
import { REWARDED_REPLICAS } from './runtime/market-orders.ts';

/** The entry as the next block sees it, undefined when there is none. */
export function fileInfo(chain: ChainModel, cid: TextOrBytes): FileInfo | undefined {
  return readFile(chain.storage, textBytes(cid));
}

/** Writes an entry into the next block's state, without event. What is not given is that of an order placed in that block. */
export function putFile(chain: ChainModel, cid: TextOrBytes, info: Partial<FileInfo> = {}): void {
  const replicas = info.replicas ?? [];
  writeFile(chain.storage, textBytes(cid), {
    sizeBytes: 1024n,
    spower: 0n,
    expiresAtBlock: 0,
    calculatedAtBlock: chain.head.number + 1,
    amountPico: 1_000_000n,
    prepaidPico: 0n,
    reportedReplicaCount: replicas.length,
    remainingPaidCount: Math.max(0, REWARDED_REPLICAS - replicas.length),
    replicas,
    ...info,
  });
}

/** Removes an entry from the next block's state, without event. */
export function removeFile(chain: ChainModel, cid: TextOrBytes): void {
  removeEntry(chain.storage, textBytes(cid));
}

/** A replica of a group whose member `who` reported it; both are the same account for a node without a group. */
export function replicaOf(owner: AccountId, validAtBlock: number, who: AccountId = owner): Replica {
  return { owner, who, validAtBlock, anchor: sworkerKey(who), isReported: true, createdAtBlock: validAtBlock };
}

/** Replicas of that many made-up strangers, the same ones for the same count. */
export function strangers(count: number, validAtBlock: number): Replica[] {
  return Array.from({ length: count }, (_, i) => replicaOf(namedAccount(`stranger ${i}`), validAtBlock));
}
