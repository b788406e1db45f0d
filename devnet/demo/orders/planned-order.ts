import type { ChainModel } from '../../chain/model.ts';

/** What the bot is expected to make of an order. */
type Outcome = 'handled' | `waiting: ${string}`;

/** One order of the demo and what is expected of it. */
export interface PlannedOrder {
  readonly cid: string;
  /** As ordered. */
  readonly sizeBytes: number;
  readonly outcome: Outcome;
  /** The real file behind it; most orders that are not taken have none. */
  readonly path?: string;
}

/** An order that stands on chain before anybody looks. */
export interface StandingOrder extends PlannedOrder {
  /** Writes it into the next block's state. */
  put(chain: ChainModel): void;
}
