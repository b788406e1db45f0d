import type { PullEnd } from '../domain/pull-ends.ts';
import type { OrderClass, OrderStatus } from '../domain/statuses.ts';
import type { VerdictInputs } from '../domain/order.ts';
import { claimRows } from './claim-rows.ts';
import type { CoordinatorMarks } from './coordinator-marks.ts';
import type { Database } from './database.ts';
import { endRows } from './end-rows.ts';
import { giveBackRows } from './give-back-rows.ts';
import { GroupCommit } from './group-commit.ts';

export interface Claim {
  readonly orderId: number;
  readonly cid: string;
  readonly sizeBytes: number;
  readonly orderClass: OrderClass;
  /** Attempts of the order so far. */
  readonly attempts: number;
  readonly startedMs: number;
  readonly startedBlock: number;
  /** Whether the pin stood before our first pull of this CID; null while only this pull can tell. */
  readonly pinnedBefore: boolean | null;
  /** When given, the order is claimed only as it was read at this block. */
  readonly readBlock?: number;
}

/** Proof of a claim: only `Pulls.claim` makes one, and no pull starts without. */
class PullPermit {
  readonly #isClaimed = true;
  readonly recordId: number;
  readonly claim: Claim;

  constructor(recordId: number, claim: Claim) {
    this.recordId = recordId;
    this.claim = claim;
  }

  get isClaimed(): boolean {
    return this.#isClaimed;
  }
}
export type { PullPermit };

/** A pull's end as it is written down. */
export interface Ending {
  readonly permit: PullPermit;
  readonly end: PullEnd;
  readonly blocks: number;
  readonly sealedBytes: number;
  /** What the pull found out for a claim that did not know it; null when it cannot tell. */
  readonly pinnedBefore: boolean | null;
  readonly endedMs: number;
  readonly headBlock: number;
  readonly maxAttempts: number;
  /** Block from which a `retry`, `staggered`, `no-space` or counted attempt may go on; null for at once. */
  readonly lookBlock: (attempts: number) => number | null;
  /** For `no-space`: what the rule looked at. */
  readonly inputs: VerdictInputs | null;
}

/** Where an end left its order. */
export interface EndedOrder {
  readonly orderStatus: OrderStatus;
  readonly attempts: number;
}

type Move =
  | { readonly claim: Claim; readonly ending?: undefined }
  | { readonly ending: Ending; readonly claim?: undefined };

/**
 * Claims and ends: the moves of an order into and out of `pulling`, each with its pin record in one transaction, which it may share with others
 * that come in short order.
 */
export class Pulls {
  readonly #database: Database;
  readonly #marks: CoordinatorMarks;
  readonly #moves: GroupCommit<Move, PullPermit | EndedOrder | undefined>;

  /** @param gather resolves when a move has waited long enough for others to be written down with; without it it hardly waits */
  constructor(database: Database, marks: CoordinatorMarks, gather?: () => Promise<unknown>) {
    this.#database = database;
    this.#marks = marks;
    this.#moves = new GroupCommit(async (moves) => await this.#write(moves), gather);
  }

  /**
   * Moves the order queued → pulling and makes its running record; undefined when another was first or the CID runs already. Resolves when it is
   * committed.
   */
  async claim(claim: Claim): Promise<PullPermit | undefined> {
    const permit = await this.#moves.add({ claim });
    return permit instanceof PullPermit ? permit : undefined;
  }

  /** Ends the record and moves the order out of `pulling`. An order that was moved by another task is left where it is. */
  async end(ending: Ending): Promise<EndedOrder> {
    const ended = await this.#moves.add({ ending });
    if (ended === undefined || ended instanceof PullPermit) throw new Error('the end of a pull came to nothing');
    return ended;
  }

  /** Undoes claims whose pulls have not begun: their records are no more, their orders are queued again. */
  async giveBack(permits: readonly PullPermit[], nowMs: number): Promise<void> {
    await this.#database.write('claim', async (tx) => await giveBackRows(tx, permits, this.#marks, nowMs));
  }

  async #write(moves: readonly Move[]): Promise<readonly (PullPermit | EndedOrder | undefined)[]> {
    return await this.#database.write('claim', async (tx) => {
      const endings = moves.flatMap(({ ending }) => ending ?? []);
      const claims = moves.flatMap(({ claim }) => claim ?? []);
      const ended = endings.length === 0 ? [] : await endRows(tx, endings, this.#marks);
      const recordIds = claims.length === 0 ? new Map<number, number>() : await claimRows(tx, claims, this.#marks);
      const results = { ended: ended.values(), permits: permitsOf(claims, recordIds).values() };
      return moves.map(({ claim }) => (claim === undefined ? results.ended : results.permits).next().value);
    });
  }
}

/** One permit an order, however often it was asked for. */
function permitsOf(
  claims: readonly Claim[],
  recordIds: ReadonlyMap<number, number>,
): readonly (PullPermit | undefined)[] {
  const left = new Map(recordIds);
  return claims.map((claim) => {
    const recordId = left.get(claim.orderId);
    left.delete(claim.orderId);
    return recordId === undefined ? undefined : new PullPermit(recordId, claim);
  });
}
