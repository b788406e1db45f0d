import type { OrderFigures, OrderKey, OrderRead } from '../../domain/order.ts';
import { accountIds } from '../account-ids.ts';
import type { Tx } from '../database.ts';
import { toSortableText } from '../../domain/amount.ts';

/** A read that found its order. */
export interface FoundRead extends OrderRead {
  readonly figures: OrderFigures;
}

export function isFound(read: OrderRead): read is FoundRead {
  return read.figures !== undefined;
}

/** The newest found read of each order: the statements take a row for each order only once. */
export function newestFound(reads: readonly OrderRead[]): readonly FoundRead[] {
  if (isAscending(reads)) return reads.filter(isFound);
  const newest = new Map<string, FoundRead>();
  for (const read of reads) {
    if (!isFound(read)) continue;
    const name = `${read.key.position} ${read.key.text}`;
    const other = newest.get(name);
    if (other === undefined || other.atBlock <= read.atBlock) newest.set(name, read);
  }
  return [...newest.values()];
}

/** True of the reads of a walk: no order can stand among them twice. */
function isAscending(reads: readonly OrderRead[]): boolean {
  let before = -1;
  for (const { key } of reads) {
    if (key.position <= before) return false;
    before = key.position;
  }
  return true;
}

/**
 * Rows of found reads as the JSON text the statements of this folder take apart.
 * @param accounts ids known from earlier transactions
 */
export async function readRows(tx: Tx, reads: readonly FoundRead[], accounts?: Map<string, number>): Promise<string> {
  const addresses = new Set(reads.map(({ figures }) => figures.groupOwner));
  const owners = await accountIds(
    tx,
    [...addresses].filter((address) => address !== null),
    accounts,
  );
  return JSON.stringify(
    reads.map(({ key, atBlock, figures }) => [
      key.position,
      key.text,
      atBlock,
      figures.sizeBytes,
      toSortableText(figures.rewardPico),
      figures.calculatedBlock,
      figures.expiryBlock,
      figures.replicas,
      figures.groupHold,
      figures.groupOwner === null ? null : owners.get(figures.groupOwner),
    ]),
  );
}

/** Keys with one block each, as JSON text: `[position, cid, block]`. */
export function keyRows(items: readonly { readonly key: OrderKey; readonly atBlock: number }[]): string {
  return JSON.stringify(items.map(({ key, atBlock }) => [key.position, key.text, atBlock]));
}
