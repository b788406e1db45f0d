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
  const newest = new Map<string, FoundRead>();
  for (const read of reads) {
    if (!isFound(read)) continue;
    const name = `${read.key.position} ${read.key.text}`;
    const other = newest.get(name);
    if (other === undefined || other.atBlock <= read.atBlock) newest.set(name, read);
  }
  return [...newest.values()];
}

/** Rows of found reads as the JSON text the statements of this folder take apart. */
export async function readRows(tx: Tx, reads: readonly FoundRead[]): Promise<string> {
  const owners = await accountIds(
    tx,
    reads.flatMap(({ figures }) => (figures.groupOwner === null ? [] : [figures.groupOwner])),
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
