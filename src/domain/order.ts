import type { OrderClass, OrderStatus } from './statuses.ts';
import type { Verdict } from './verdicts.ts';

/** The longest CID that is kept as it was typed; a longer one could never be sealed, and is known by its substitute. */
export const maxTypedCidBytes = 128;
/** What is kept of a memo. */
export const maxMemoBytes = 128;
/** What stands for a CID that is too long or not printable. */
export const substitutePattern = /^0x[0-9a-f]{0,128}~[0-9a-f]{64}$/;

/** False for a text that no order has: nothing needs to take it apart. */
export function canNameOrder(text: string): boolean {
  return text.length <= maxTypedCidBytes || substitutePattern.test(text);
}

/**
 * The identity of an order. `text` is the CID as the customer typed it, or, when that is not printable ASCII of at most 128 characters,
 * `0x` + hex of its first 64 bytes + `~` + its SHA-256. `position` is the first 48 bits of twox64 over the SCALE-encoded key: the order in which
 * the chain enumerates `Market.FilesV2`, so a page of keys and a range of rows can be held against each other.
 */
export interface OrderKey {
  readonly text: string;
  readonly position: number;
}

/** Whether the own group owner stands in the replica map, and by whose report. */
export const groupHolds = { no: 0, otherMember: 1, ownAccount: 2 } as const;
export type GroupHold = (typeof groupHolds)[keyof typeof groupHolds];

/** What `Market.FilesV2` says about one order at one block. */
export interface OrderFigures {
  /** Bytes; 2^53-1 stands for anything above. */
  readonly sizeBytes: number;
  /** Pico-CRU, exact decimal digits without padding. */
  readonly rewardPico: string;
  readonly calculatedBlock: number;
  /** 0 while no replica was ever accounted. */
  readonly expiryBlock: number;
  /** Entries of the replica map. */
  readonly replicas: number;
  readonly groupHold: GroupHold;
  /** The ss58-66 address of the group owner asked for, null when there was none to ask for. */
  readonly groupOwner: string | null;
}

/** One read of one order: `figures` is undefined when the chain had no such entry at `atBlock`. */
export interface OrderRead {
  readonly key: OrderKey;
  readonly atBlock: number;
  readonly figures: OrderFigures | undefined;
}

/** Where an order was seen. A bit set, so that both is 3. */
export const seenBy = { scan: 1, event: 2 } as const;

/** A row of `file_record`. */
export interface Order extends OrderFigures {
  readonly id: number;
  readonly key: OrderKey;
  readonly seen: number;
  /** Block of the newest FileSuccess seen by the event indexer; null when none was. */
  readonly successBlock: number | null;
  /** The block its figures were read at. */
  readonly readBlock: number;
  /** The block at which it was first seen. */
  readonly createdBlock: number;
  readonly orderClass: OrderClass;
  readonly status: OrderStatus;
  readonly verdict: Verdict | null;
  /** The values that the verdict's own rule looked at. */
  readonly verdictInputs: VerdictInputs | null;
  /** The row of `decision_basis` holding what was the same for all orders when this one was decided. */
  readonly basisId: number | null;
  readonly decidedBlock: number | null;
  /** Block of the next look; null while nothing but a change can alter the verdict, or, on a queued order, while it may be picked now. */
  readonly lookBlock: number | null;
  /** How often the same verdict has been looked at in a row: the exponent of its doubling. */
  readonly lookCount: number;
  /** Block at which time alone next changes its class or verdict. */
  readonly turnBlock: number | null;
  readonly attempts: number;
  /** How often it was gone from sWorker without our doing since its newest FileSuccess. */
  readonly goneCount: number;
  /** A pull found it larger than it was ordered; stands until the next FileSuccess. */
  readonly oversize: boolean;
  /** Uniform draw in [0, 1), null until a rule needed it. */
  readonly draw: number | null;
  /** What it rests on changed: to be decided again where it stands. */
  readonly revise: boolean;
}

export type VerdictInputs = Readonly<Record<string, string | number | boolean | null>>;
