import type { Order, OrderKey, VerdictInputs } from './order.ts';
import type { OrderClass } from './statuses.ts';
import type { ListMatch } from './strategy.ts';
import type { RuleVerdict, Verdict } from './verdicts.ts';

/** The part of an order that the rules look at. */
export interface JudgedOrder
  extends Pick<
    Order,
    | 'sizeBytes'
    | 'calculatedBlock'
    | 'expiryBlock'
    | 'replicas'
    | 'groupHold'
    | 'groupOwner'
    | 'successBlock'
    | 'goneCount'
    | 'oversize'
    | 'draw'
  > {
  readonly key: Pick<OrderKey, 'text'>;
}

/** What the rules need to know about one order besides its row. */
export interface DecisionFacts {
  /** The finalized block that is now. */
  readonly headBlock: number;
  /** sWorker has the file, valid or lost. */
  readonly heldHere: boolean;
  readonly listMatch: ListMatch | null;
}

export interface Decision {
  readonly verdict: RuleVerdict;
  /** What the rule looked at besides the order's own columns and the basis; null when nothing. */
  readonly inputs: VerdictInputs | null;
  readonly orderClass: OrderClass;
  /** Null until a rule needed it. */
  readonly draw: number | null;
  /** Block at which time alone next changes the class or the verdict; null when never. */
  readonly turnBlock: number | null;
}

/** The columns of an order that a decision writes. */
export interface Standing {
  readonly status: 'new' | 'waiting' | 'queued';
  readonly verdict: Verdict | null;
  /** JSON of the verdict's inputs. */
  readonly inputs: string | null;
  readonly orderClass: OrderClass;
  readonly draw: number | null;
  readonly lookBlock: number | null;
  readonly lookCount: number;
  readonly turnBlock: number | null;
  readonly revise: boolean;
}

/** A row as far as deciding it needs. `status` says which statuses it was read with. */
export interface DecidableOrder extends JudgedOrder, Omit<Standing, 'draw'> {
  readonly id: number;
  readonly readBlock: number;
  /** Looked up only where a member of the group stands in the replica map: no rule asks for it elsewhere. */
  readonly groupOwner: string | null;
  /** A pin record holds the file; looked up only where the own account stands in the replica map. */
  readonly heldHere: boolean;
}

/** A new standing for a row, to be written only if the row is still as it was read. */
export interface StandingChange {
  readonly order: DecidableOrder;
  readonly next: Standing;
}
