import type { PullEnd } from '../domain/pull-ends.ts';
import { orderMoves, pinMoves, type OrderClass, type OrderStatus } from '../domain/statuses.ts';
import type { VerdictInputs } from '../domain/order.ts';
import type { CoordinatorMarks } from './coordinator-marks.ts';
import type { Database, Tx } from './database.ts';
import { guardedMove } from './guarded-move.ts';

export interface Claim {
  readonly orderId: number;
  readonly cid: string;
  readonly sizeBytes: number;
  readonly orderClass: OrderClass;
  /** Attempts of the order so far. */
  readonly attempts: number;
  readonly startedMs: number;
  readonly startedBlock: number;
  /** Whether the pin stood before our first pull of this CID. */
  readonly pinnedBefore: boolean;
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
  readonly endedMs: number;
  readonly headBlock: number;
  readonly maxAttempts: number;
  /** Block from which a `retry`, `staggered`, `no-space` or counted attempt may go on; null for at once. */
  readonly lookBlock: (attempts: number) => number | null;
  /** For `no-space`: what the rule looked at. */
  readonly inputs: VerdictInputs | null;
}

/** Claims and ends: the moves of an order into and out of `pulling`, each with its pin record in one transaction. */
export class Pulls {
  readonly #database: Database;
  readonly #marks: CoordinatorMarks;

  constructor(database: Database, marks: CoordinatorMarks) {
    this.#database = database;
    this.#marks = marks;
  }

  /** Moves the order queued → pulling and makes its running record; undefined when another was first or the CID runs already. */
  async claim(claim: Claim): Promise<PullPermit | undefined> {
    return await this.#database.write('claim', async (tx) => {
      const running: { id: number } | undefined = await tx('pin_record')
        .where({ cid: claim.cid, status: 'running' })
        .first('id');
      if (running !== undefined) return undefined;
      const claimed = await guardedMove<OrderStatus>(tx, {
        table: 'file_record',
        moves: orderMoves,
        id: claim.orderId,
        from: 'queued',
        to: 'pulling',
        set: { look_block: null, look_count: 0 },
      });
      if (!claimed) return undefined;
      await this.#marks.hold(tx, claim.cid);
      const [row]: { id: number }[] = await tx('pin_record')
        .insert({
          cid: claim.cid,
          size_bytes: claim.sizeBytes,
          status: 'running',
          cause: 'pull',
          class: claim.orderClass,
          attempt: claim.attempts + 1,
          started_ms: claim.startedMs,
          started_block: claim.startedBlock,
          updated_ms: claim.startedMs,
          pinned_before: claim.pinnedBefore ? 1 : 0,
        })
        .returning('id');
      return row === undefined ? undefined : new PullPermit(row.id, claim);
    });
  }

  /** Ends the record and moves the order out of `pulling`. An order that was moved by another task is left where it is. */
  async end(ending: Ending): Promise<{ readonly orderStatus: OrderStatus; readonly attempts: number }> {
    return await this.#database.write('claim', async (tx) => {
      await endRecord(tx, ending);
      const { claim } = ending.permit;
      if (ending.end.next.kind === 'handled') await this.#marks.forget(tx, claim.cid);
      else await this.#marks.release(tx, claim.cid, ending.endedMs);
      const row: { status: OrderStatus; attempts: number } | undefined = await tx('file_record')
        .where({ id: claim.orderId })
        .first('status', 'attempts');
      if (row === undefined) return { orderStatus: 'closed', attempts: 0 };
      if (row.status !== 'pulling') return { orderStatus: row.status, attempts: row.attempts };
      const after =
        ending.end.next.kind === 'closed' && !(await isBeingLetGo(tx, claim.cid))
          ? { status: 'queued' as const, attempts: row.attempts, set: { look_block: null } }
          : afterEnd(ending, row.attempts);
      await guardedMove<OrderStatus>(tx, {
        table: 'file_record',
        moves: orderMoves,
        id: claim.orderId,
        from: 'pulling',
        to: after.status,
        set: after.set,
      });
      return { orderStatus: after.status, attempts: after.attempts };
    });
  }
}

// A re-order may have taken the close back while the pull was being aborted: then the order is open and may be pulled again.
async function isBeingLetGo(tx: Tx, cid: string): Promise<boolean> {
  const cleanup: { id: number } | undefined = await tx('cleanup_record')
    .where({ cid })
    .whereIn('status', ['confirmed', 'deleting'])
    .first('id');
  return cleanup !== undefined;
}

async function endRecord(tx: Tx, { permit, end, ...at }: Ending): Promise<void> {
  const isHeld = end.recordStatus === 'sealed' || end.recordStatus === 'lost';
  if (isHeld) {
    // A list of sWorker's files read while this pull ended may have been first with a record of its own.
    await tx('pin_record')
      .where({ cid: permit.claim.cid })
      .whereIn('status', ['sealed', 'lost'])
      .update({ status: 'removed', updated_ms: at.endedMs, end_detail: 'replaced by the record of its pull' });
  }
  await guardedMove(tx, {
    table: 'pin_record',
    moves: pinMoves,
    id: permit.recordId,
    from: 'running',
    to: end.recordStatus,
    set: {
      ended_ms: at.endedMs,
      updated_ms: at.endedMs,
      end_reason: end.reason,
      end_detail: end.detail,
      counts_as_attempt: end.countsAsAttempt ? 1 : 0,
      blocks: at.blocks,
      sealed_bytes: at.sealedBytes,
      ...(isHeld ? { sealed_ms: at.endedMs, sealed_block: at.headBlock } : {}),
      ...(end.recordStatus === 'lost' ? { lost_block: at.headBlock } : {}),
    },
  });
}

interface AfterEnd {
  readonly status: OrderStatus;
  readonly attempts: number;
  readonly set: Record<string, string | number | null>;
}

function afterEnd(ending: Ending, attemptsBefore: number): AfterEnd {
  const { next } = ending.end;
  const attempts = next.kind === 'attempt' ? attemptsBefore + 1 : attemptsBefore;
  const to = (status: OrderStatus, set: AfterEnd['set']): AfterEnd => ({ status, attempts, set });
  switch (next.kind) {
    case 'attempt':
      return attempts >= ending.maxAttempts
        ? to('failed', { attempts, look_block: null })
        : to('queued', { attempts, look_block: ending.lookBlock(attempts) });
    case 'retry':
    case 'staggered':
      return to('queued', { look_block: ending.lookBlock(attempts) });
    case 'no-space':
      return to('waiting', {
        verdict: 'no-space',
        verdict_inputs: JSON.stringify(ending.inputs ?? {}),
        look_block: ending.lookBlock(attempts),
        look_count: 0,
      });
    case 'bad-size':
      return to('waiting', {
        verdict: 'bad-size',
        verdict_inputs: JSON.stringify({
          sizeBytes: ending.permit.claim.sizeBytes,
          sealedBytes: ending.sealedBytes,
        }),
        oversize: 1,
        look_block: null,
        look_count: 0,
      });
    case 'handled':
    case 'closed':
      break;
  }
  return to(next.kind, { look_block: null });
}
