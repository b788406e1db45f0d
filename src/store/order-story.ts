import type { Order, OrderKey } from '../domain/order.ts';
import type { CleanupStatus, PinStatus } from '../domain/statuses.ts';
import type { DecisionBasis } from '../domain/strategy.ts';
import type { Database } from './database.ts';
import { DecisionBases } from './decision-bases.ts';
import { Facts } from './facts.ts';
import { selectOrders, toOrder } from './order-row.ts';

interface ToldPull {
  readonly status: PinStatus;
  readonly cause: string;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly sealedBytes: number;
  readonly endReason: string | null;
  readonly endDetail: string | null;
}

/** All that the database tells of one order. */
export interface OrderStory {
  readonly order: Order;
  /** ss58-66 addresses that paid for it, as far as known. */
  readonly owners: readonly string[];
  readonly decidedBy: DecisionBasis | undefined;
  readonly newestBasis: DecisionBasis | undefined;
  readonly headBlock: number | undefined;
  /** Newest first, at most five. */
  readonly pulls: readonly ToldPull[];
  readonly cleanup:
    | { readonly status: CleanupStatus; readonly seenBlock: number; readonly dueBlock: number | null }
    | undefined;
}

const toldPulls = 5;

/** Undefined when no such order was ever seen. A text that stands for an unprintable key is looked up by the text alone. */
export async function readOrderStory(database: Database, key: OrderKey): Promise<OrderStory | undefined> {
  const facts = new Facts(database);
  const bases = new DecisionBases(database);
  const byText = key.text.startsWith('0x') && key.text.includes('~');
  const [row] = await database.read(async (reader) => {
    const query = selectOrders(reader).where('file_record.cid', key.text).limit(1);
    return await (byText ? query : query.where('file_record.key_position', key.position));
  });
  if (row === undefined) return undefined;
  const order = toOrder(row);
  const revision = await facts.find('revision');
  return {
    order,
    owners: await database.read(
      async (reader) =>
        await reader('file_owner')
          .join('account', 'account.id', 'file_owner.account_id')
          .where({ file_id: order.id })
          .pluck<string[]>('address'),
    ),
    decidedBy: order.basisId === null ? undefined : await bases.find(order.basisId),
    newestBasis: revision === undefined ? undefined : await bases.find(revision.basisId),
    headBlock: (await facts.find('chain-time'))?.atBlock,
    pulls: await database.read(
      async (reader) =>
        await reader('pin_record')
          .where({ cid: order.key.text })
          .orderBy('id', 'desc')
          .limit(toldPulls)
          .select<ToldPull[]>('status', 'cause', {
            startedMs: 'started_ms',
            endedMs: 'ended_ms',
            sealedBytes: 'sealed_bytes',
            endReason: 'end_reason',
            endDetail: 'end_detail',
          }),
    ),
    cleanup: await database.read(
      async (reader) =>
        await reader('cleanup_record')
          .where({ cid: order.key.text })
          .orderBy('id', 'desc')
          .first<OrderStory['cleanup']>('status', { seenBlock: 'seen_block', dueBlock: 'due_block' }),
    ),
  };
}
