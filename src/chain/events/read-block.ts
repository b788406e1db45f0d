import type { Account } from '../../domain/account.ts';
import type { Ask, BlockRef } from '../../clients/chain/ask.ts';
import type { Database } from '../../store/database.ts';
import { statusesOf } from '../../store/order-events.ts';
import type { BlockEvents, BlockHints, Chain, PageKey } from '../ports.ts';
import { blockChanges, ordersTold, type ReadBlock } from './block-changes.ts';

export interface BlockSource {
  readonly chain: Chain;
  readonly database: Database;
  readonly view: { readonly owner: string | null; readonly account: Account };
}

/** Reads everything one finalized block did to orders: its events, the entries they speak of, memos, and replicas reported of files held here. */
export async function readBlock(source: BlockSource, block: BlockRef, ask: Ask): Promise<ReadBlock> {
  const { chain, view } = source;
  const { value: events, endPoint } = await chain.events.blockEvents(block, ask);
  const hints = needsHints(events) ? (await chain.events.readHints(events, ask)).value : noHints;
  const keys = [...ordersTold(events), ...(await heldOrders(source.database, events, hints))];
  if (keys.length === 0) return blockChanges(events, hints, { reads: [], endPoint });
  const answer = await chain.orders.readOrders(keys, block, view, ask);
  return blockChanges(events, hints, { reads: answer.value, endPoint: answer.endPoint });
}

const noHints: BlockHints = { memos: [], updatedReplicas: [] };

function needsHints(events: BlockEvents): boolean {
  return events.events.some((event) => event.kind === 'FileSuccess' || event.kind === 'UpdateReplicasSuccess');
}

// Whether a held file is credited is told by its replica map alone, so it is read when somebody reported it.
async function heldOrders(database: Database, events: BlockEvents, hints: BlockHints): Promise<readonly PageKey[]> {
  if (hints.updatedReplicas.length === 0) return [];
  const told = new Set(ordersTold(events).map((key) => key.storageKey));
  const known = await statusesOf(database, hints.updatedReplicas);
  return known
    .filter(({ key, status }) => (status === 'handled' || status === 'pulling') && !told.has(key.storageKey))
    .map(({ key }) => key);
}
