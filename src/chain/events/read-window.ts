import type { Account } from '../../domain/account.ts';
import type { Ask, BlockRef } from '../../clients/chain/ask.ts';
import type { Database } from '../../store/database.ts';
import { heldAmong } from '../../store/order-events.ts';
import type { BlockEvents, BlockHints, Chain, PageKey } from '../ports.ts';
import { blockChanges, ordersTold, type ReadBlock } from './block-changes.ts';

export interface BlockSource {
  readonly chain: Chain;
  readonly database: Database;
  readonly view: { readonly owner: string | null; readonly account: Account };
}

/**
 * Reads everything that consecutive finalized blocks did to orders: their events, the entries they speak of, memos, and replicas reported of files held
 * here. Of blocks that cannot all be told the leading ones; rejects with what stands against the first.
 */
export async function readWindow(
  source: BlockSource,
  parent: BlockRef,
  blocks: readonly BlockRef[],
  ask: Ask,
): Promise<readonly ReadBlock[]> {
  const { chain, view } = source;
  const { value: events, endPoint } = await chain.events.blockEvents(parent, blocks, ask);
  const { value: hints } = await chain.events.readHints(events, ask);
  const held = await heldOrders(source.database, hints);
  const wanted = hints.flatMap((hint, index) => {
    const told = events[index];
    return told === undefined ? [] : [{ block: told.block, keys: wantedKeys(told, hint, held) }];
  });
  const answer = await chain.events.readOrders(wanted, view, ask);
  return answer.value.flatMap((reads, index) => {
    const [told, hint] = [events[index], hints[index]];
    if (told === undefined || hint === undefined) return [];
    return [blockChanges(told, hint, { reads, endPoint: reads.length === 0 ? endPoint : answer.endPoint })];
  });
}

// Whether a held file is credited is told by its replica map alone, so it is read when somebody reported it.
async function heldOrders(database: Database, hints: readonly BlockHints[]): Promise<ReadonlySet<PageKey>> {
  const updated = hints.flatMap(({ updatedReplicas }) => updatedReplicas);
  return updated.length === 0 ? new Set() : new Set(await heldAmong(database, updated));
}

function wantedKeys(events: BlockEvents, hint: BlockHints, held: ReadonlySet<PageKey>): readonly PageKey[] {
  const told = ordersTold(events);
  const reported = hint.updatedReplicas.filter((key) => held.has(key));
  if (reported.length === 0) return told;
  const names = new Set(told.map(({ storageKey }) => storageKey));
  return [...told, ...reported.filter(({ storageKey }) => !names.has(storageKey))];
}
