import type { BlockRef } from '../../clients/chain/ask.ts';
import type { OrderKey, OrderRead } from '../../domain/order.ts';
import type { BlockChanges, OrderChange } from '../../store/order-events.ts';
import type { Payment } from '../../store/owners.ts';
import type { BlockEvents, BlockHints, MarketEvent, PageKey } from '../ports.ts';

/** From this runtime on a close has an event of its own; before, only CalculateSuccess and the missing entry tell of it. */
const fileClosedSinceSpec = 23;

/** What a block's events let one expect of the order's entry after the block. */
type Expectation = 'present' | 'gone' | 'either';

interface Told {
  readonly key: PageKey;
  ordered: boolean;
  expected: Expectation;
}

/** A block's changes without those orders whose events and entry contradict each other. */
export interface ReadBlock {
  readonly block: BlockRef;
  readonly changes: BlockChanges;
  readonly contradictions: readonly OrderKey[];
}

/** Orders that the block's events speak of, each once, in the order of their first event. */
export function ordersTold(events: BlockEvents): readonly PageKey[] {
  return [...tellings(events).values()].map((told) => told.key);
}

/**
 * Puts together what a block did. Only the last word about an order counts, because `FilesV2` is read after the whole block: closed and ordered
 * again is present, ordered and closed is gone.
 * @param reads what `FilesV2` says after the block of `ordersTold` and of any other orders worth reading
 */
export function blockChanges(
  events: BlockEvents,
  hints: BlockHints,
  answer: { readonly reads: readonly OrderRead[]; readonly endPoint: string },
): ReadBlock {
  const told = tellings(events);
  const orders: OrderChange[] = [];
  const contradictions: OrderKey[] = [];
  for (const read of answer.reads) {
    const telling = told.get(nameOf(read.key));
    const isPresent = read.figures !== undefined;
    if (telling === undefined) {
      if (isPresent) orders.push({ read, ordered: false, closed: false });
    } else if (telling.expected === (isPresent ? 'gone' : 'present')) contradictions.push(read.key);
    else orders.push({ read, ordered: telling.ordered, closed: !isPresent });
  }
  return {
    block: events.block,
    changes: {
      atBlock: events.block.number,
      endPoint: answer.endPoint,
      orders,
      payments: paymentsOf(events, hints),
      replicasUpdated: hints.updatedReplicas,
    },
    contradictions,
  };
}

function tellings(events: BlockEvents): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  for (const event of events.events) {
    if (event.key === null) continue;
    const name = nameOf(event.key);
    const telling = told.get(name) ?? { key: event.key, ordered: false, expected: 'either' };
    telling.expected = expectation(event, telling.expected, events.specVersion);
    telling.ordered ||= event.kind === 'FileSuccess';
    told.set(name, telling);
  }
  return told;
}

function expectation(event: MarketEvent, before: Expectation, specVersion: number): Expectation {
  switch (event.kind) {
    case 'FileSuccess':
    case 'RenewFileSuccess':
    case 'AddPrepaidSuccess':
      return 'present';
    case 'FileClosed':
    case 'IllegalFileClosed':
      return 'gone';
    case 'CalculateSuccess':
      if (specVersion < fileClosedSinceSpec) return before === 'gone' ? 'gone' : 'either';
      return before === 'gone' ? 'gone' : 'present';
    case 'UpdateReplicasSuccess':
    default:
      return before;
  }
}

function paymentsOf(events: BlockEvents, hints: BlockHints): readonly Payment[] {
  return events.events.flatMap((event, index) =>
    event.kind === 'FileSuccess' ? [{ key: event.key, payer: event.payer, memo: hints.memos[index] ?? null }] : [],
  );
}

function nameOf(key: OrderKey): string {
  return `${key.position} ${key.text}`;
}
