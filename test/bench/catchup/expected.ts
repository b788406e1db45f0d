import { eventsOf } from './block-events.ts';
import { type ChainShape, happeningsOf } from './block-mix.ts';
import { accountHex } from './made-accounts.ts';

/** What a catch-up must have found, counted from what its chain was made of. */
export interface Expected {
  readonly events: number;
  /** FileSuccess events. */
  readonly orders: number;
  /** Block of the newest FileSuccess by CID. */
  readonly orderedAt: ReadonlyMap<string, number>;
  /** `cid account`, with the block of the newest order: its memo names it. */
  readonly paidAt: ReadonlyMap<string, number>;
  readonly closed: ReadonlySet<string>;
  /** Block of the newest report of a copy by CID. */
  readonly replicasAt: ReadonlyMap<string, number>;
}

export function expectedOf(shape: ChainShape): Expected {
  let events = 0;
  let orders = 0;
  const orderedAt = new Map<string, number>();
  const paidAt = new Map<string, number>();
  const closed = new Set<string>();
  const replicasAt = new Map<string, number>();
  for (let block = shape.firstBlock; block < shape.firstBlock + shape.blocks; block += 1) {
    events += eventsOf(shape, block).count;
    for (const happening of happeningsOf(shape, block)) {
      if (happening.kind === 'closed') closed.add(happening.cid);
      if (happening.kind === 'update-replicas') for (const cid of happening.cids) replicasAt.set(cid, block);
      if (happening.kind !== 'order') continue;
      orders += happening.cids.length;
      for (const cid of happening.cids) {
        orderedAt.set(cid, block);
        paidAt.set(`${cid} ${accountHex(happening.payer)}`, block);
      }
    }
  }
  return { events, orders, orderedAt, paidAt, closed, replicasAt };
}
